"""The demo's inbox in the browser."""
urlpatterns: list = []
