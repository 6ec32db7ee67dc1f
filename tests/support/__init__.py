"""What several kinds of tests share: real servers, an oracle, a stream of events, commands run as a person would."""
