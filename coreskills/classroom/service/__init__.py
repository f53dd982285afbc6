"""The course service: one hub-managed ASGI application with gateway, exchange, panel and the instructor's pages."""
