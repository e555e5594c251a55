"""Stands in for the job server of a cluster: Beam's own, told to share work over two workers."""

import sys

from apache_beam.runners.portability import local_job_service, local_job_service_main
from apache_beam.runners.portability.fn_api_runner import FnApiRunner


class _TwoWorkers(FnApiRunner):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._num_workers = 2


if __name__ == "__main__":
    local_job_service.fn_runner.FnApiRunner = _TwoWorkers
    local_job_service_main.run(sys.argv[1:])
