"""Destruction (销毁): rows gone from every place, a certificate of it, holds against it, notices about it."""
