"""The standard library of Dana: what a script may use without writing it."""

MODULES = (
    "base64 collections copy csv datetime decimal functools hashlib itertools json log math operator random re "
    "statistics string textwrap time uuid"
).split()
"""The libraries that `import` finds."""

GLOBALS = {
    "reason": "ai",
    "create_llm_resource": "ai",
    "secret": "ai",
    "ReasonError": "ai",
    "create_memory_resource": "memory",
    "api_call": "http",
    "database_operation": "database",
    "file_operation": "files",
    "notification": "notify",
    "ActionError": "actions",
    "parallel": "parallel",
    "parallel_map": "parallel",
    "evaluate_expression": "system",
    "program_function": "system",
    "program_variable": "system",
    "host_load": "system",
    "log": "log",
    "log_level": "log",
    "wait": "time",
    "get_current_time": "time",
    "generate_unique_id": "time",
}
"""The names that need no import, beside all of `core`: the library that each comes from."""

PROGRAMS = {
    "WorkflowEngine": "workflow",
    "WorkflowError": "workflow",
    "workflow_engine": "workflow",
    "create_workflow_definition": "workflow",
    "check_workflow_definition": "workflow",
    "determine_branch": "workflow",
    "execute_step_sequence": "workflow",
    "merge_parallel_results": "workflow",
    "execute_loop_step": "workflow",
    "execute_api_action": "workflow",
    "execute_database_action": "workflow",
    "execute_notification_action": "workflow",
    "execute_file_action": "workflow",
    "execute_regular_step": "workflow",
    "execute_while_loop": "workflow",
    "handle_step_error": "workflow",
    "resolve_loop_items": "workflow",
    "resolve_value": "workflow",
    "evaluate_condition": "workflow",
    "implement_workflow_error_handling": "recovery",
    "retry_failed_step": "recovery",
    "skip_failed_step": "recovery",
    "execute_compensation": "recovery",
    "escalate_workflow_error": "recovery",
    "determine_escalation_priority": "recovery",
    "send_escalation_notification": "recovery",
    "escalations": "recovery",
    "retry_delay": "recovery",
    "recovery_policy": "recovery",
    "implement_workflow_monitoring": "monitoring",
    "track_workflow_metrics": "monitoring",
    "filter_metrics_by_time": "monitoring",
    "calculate_success_rate": "monitoring",
    "calculate_average_execution_time": "monitoring",
    "calculate_system_load": "monitoring",
    "workflow_report": "monitoring",
    "create_workflow_testing_framework": "testing",
    "setup_test_environment": "testing",
    "generate_test_id": "testing",
    "validate_workflow_result": "testing",
    "generate_test_report": "testing",
}
"""The names that need no import and are written in Dana: the file, `NAME.na` beside this one, of each."""
