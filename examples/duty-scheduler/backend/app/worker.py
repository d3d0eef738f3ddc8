"""The worker's queue."""

import os

from celery import Celery

app = Celery("scheduler", broker=os.environ["REDIS_URL"])
