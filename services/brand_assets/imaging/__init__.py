"""Pictures of strangers, read and developed in processes of their own."""
