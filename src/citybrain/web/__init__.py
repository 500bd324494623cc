"""The edge: pages, API and streams. The only place that is asynchronous."""
