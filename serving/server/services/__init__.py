"""The gRPC services, and the port they answer on."""
