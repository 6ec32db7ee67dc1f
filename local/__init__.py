"""Real Kafka and Flink servers on this machine, without Docker, for a laptop and for the tests."""
