"""Writes what failed, a YAML document a failure, to the file that ANSIBLE_FAILURE_LOG names."""

import json
import os

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: loligo_failure_log
type: notification
short_description: writes failures to a file
description: A YAML document of host and result for each task that failed and for each host that was not reached.
options: {}
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "loligo_failure_log"
    CALLBACK_NEEDS_ENABLED = False

    def note(self, result):
        path = os.environ.get("ANSIBLE_FAILURE_LOG")
        if not path:
            return
        kept = {key: value for key, value in result._result.items() if key not in ("invocation", "diff")}
        if result._task.no_log:
            kept = {"msg": "a task with no_log failed: " + result._task.get_name()}
        kept.setdefault("task", result._task.get_name())
        with open(path, "a") as log:  # JSON is YAML
            log.write("---\n" + json.dumps({result._host.get_name(): kept}, cls=AnsibleJSONEncoder) + "\n")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self.note(result)

    def v2_runner_on_unreachable(self, result):
        self.note(result)
