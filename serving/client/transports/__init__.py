"""What carries a request to a server: gRPC or REST, in threads or in an event loop."""
