"""PageSpeed Insights, and the pages it measures."""
