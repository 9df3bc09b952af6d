"""Commands: accounts and the writing half of the Jobs API. It needs NATS and nothing else."""
