"""Sharing (数据共享): requests for data, the minimality check, and how they become grants."""
