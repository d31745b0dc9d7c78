"""The worker: carries out the jobs that operations promised."""
