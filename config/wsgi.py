"""The WSGI application that granian serves."""

from django.core.wsgi import get_wsgi_application

from config import env

env.check()
application = get_wsgi_application()
