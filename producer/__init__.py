"""Sample traffic: seeded events with realistic faults on demand, sent to Kafka. One module a kind of event."""
