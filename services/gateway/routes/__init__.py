"""One file per group of routes; they translate between HTTP and the services behind them, and decide nothing."""
