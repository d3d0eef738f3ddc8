"""Answers whether it is there. Small on purpose: it is here to be built and to answer."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    DEBUG=os.environ["DEBUG"] == "True",
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    ROOT_URLCONF=__name__,
)
urlpatterns = [path("health", lambda request: HttpResponse("ok"))]
application = get_wsgi_application()
