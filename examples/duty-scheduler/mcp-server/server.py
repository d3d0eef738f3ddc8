"""Asks the backend whether it is there, every minute."""

import os
import time
import urllib.request

while True:
    with urllib.request.urlopen(os.environ["API_URL"] + "/health") as answer:
        print(answer.status, flush=True)
    time.sleep(60)
