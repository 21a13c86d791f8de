" Made from grammar/tokens.py by python -m tests.grammar
if exists('b:current_syntax')
  finish
endif
let s:options = &cpoptions
set cpoptions&vim
syntax sync fromstart
syntax match dana_comment_1 contained /\v\C%(\k+|%(%(\k)@!.)+)/
syntax match dana_text_string_3 contained /\v\C%([^\\$"']+|%([$"']|\n))/
syntax match dana_text_docstring_3 contained /\v\C%([^\\$"']+|%([$"']|\n))/
syntax match dana_f_line_4 contained /\v\C%([^{}\\"']+|%([}"']|\n))/
syntax match dana_format_line_1 contained /\v\C%([^{}]+|\n)/
syntax match dana_f_lines_4 contained /\v\C%([^{}\\"']+|%([}"']|\n))/
syntax match dana_format_lines_1 contained /\v\C%([^{}]+|\n)/
syntax match dana_comment_0 contained /\v\C%(TODO|FIXME|XXX|HACK|NOTE)%(<|>)/
syntax match dana_marks_0 /\v\C%([()[\]{},:;]|\\%($)@=)/
syntax match dana_text_string_2 contained /\v\C\$\{[^{}"']*\}/
syntax match dana_text_docstring_2 contained /\v\C\$\{[^{}"']*\}/
syntax region dana_f_line_3 contained matchgroup=dana_field start=/\v\C\{/ matchgroup=dana_field end=/\v\C\}/ excludenl matchgroup=dana_field end=/\v\C%($)@=/ contains=@dana_field_line
syntax region dana_f_lines_3 contained matchgroup=dana_field start=/\v\C\{/ matchgroup=dana_field end=/\v\C\}/ contains=@dana_field_lines
syntax region dana_signature_4 contained matchgroup=dana_operator start=/\v\C\-\>/ excludenl matchgroup=NONE end=/\v\C%(%([:=]|$))@=/ contains=@dana_annotation
syntax region dana_heading_3 contained matchgroup=dana_punctuation start=/\v\C\(/ matchgroup=dana_punctuation end=/\v\C\)/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_bases
syntax match dana_parameters_6 contained /\v\C%(\*\*=|\/)/
syntax match dana_lambda_5 contained /\v\C%(\*\*=|\/)/
syntax region dana_annotation_10 contained matchgroup=dana_punctuation start=/\v\C\(/ matchgroup=dana_punctuation end=/\v\C\)/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_annotation
syntax match dana_modules_3 contained /\v\C\.+/
syntax region dana_line_brackets_1 contained matchgroup=dana_punctuation start=/\v\C[[{]/ matchgroup=dana_punctuation end=/\v\C[\]}]/ excludenl matchgroup=dana_punctuation end=/\v\C%($)@=/ contains=@dana_line_items
syntax region dana_brackets_3 matchgroup=dana_punctuation start=/\v\C\{/ matchgroup=dana_punctuation end=/\v\C\}/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_keys
syntax match dana_text_string_1 contained /\v\C\\%(.|\n)/
syntax match dana_text_docstring_1 contained /\v\C\\%(.|\n)/
syntax match dana_f_line_2 contained /\v\C%(\{\{|\}\})/
syntax match dana_f_lines_2 contained /\v\C%(\{\{|\}\})/
syntax region dana_signature_3 contained matchgroup=dana_punctuation start=/\v\C\(/ matchgroup=dana_punctuation end=/\v\C\)/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_parameters
syntax match dana_heading_2 contained /\v\C%([0-9]@!\k)\k*/
syntax region dana_parameters_5 contained matchgroup=dana_operator start=/\v\C\=/ matchgroup=NONE end=/\v\C%([,)])@=/ matchgroup=NONE end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_items
syntax region dana_lambda_4 contained matchgroup=dana_operator start=/\v\C\=/ excludenl matchgroup=NONE end=/\v\C%(%([,:)\]}]|$))@=/ contains=@dana_expression
syntax region dana_annotation_9 contained matchgroup=dana_punctuation start=/\v\C\[/ matchgroup=dana_punctuation end=/\v\C\]/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_annotation
syntax match dana_modules_2 contained /\v\C%([0-9]@!\k)\k*/
syntax region dana_line_brackets_0 contained matchgroup=dana_punctuation start=/\v\C\(/ matchgroup=dana_punctuation end=/\v\C\)/ excludenl matchgroup=dana_punctuation end=/\v\C%($)@=/ contains=@dana_line_arguments
syntax region dana_brackets_2 matchgroup=dana_punctuation start=/\v\C\[/ matchgroup=dana_punctuation end=/\v\C\]/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_items
syntax match dana_text_string_0 contained /\v\C\\%(N\{[^}]*\}|u[0-9a-fA-F]{4,4}|U[0-9a-fA-F]{8,8}|x[0-9a-fA-F]{2,2}|[0-7]{1,3}|%([\\'"abfnrtv]|\n))/
syntax match dana_bytes_string_0 contained /\v\C\\%(x[0-9a-fA-F]{2,2}|[0-7]{1,3}|%([\\'"abfnrtv]|\n))/
syntax match dana_text_docstring_0 contained /\v\C\\%(N\{[^}]*\}|u[0-9a-fA-F]{4,4}|U[0-9a-fA-F]{8,8}|x[0-9a-fA-F]{2,2}|[0-7]{1,3}|%([\\'"abfnrtv]|\n))/
syntax match dana_f_line_1 contained /\v\C\\%(%(\{)@=|\_[^{])/
syntax match dana_raw_f_line_0 contained /\v\C\\%(%(["'\\]|\n)|)/
syntax match dana_f_lines_1 contained /\v\C\\%(%(\{)@=|\_[^{])/
syntax match dana_raw_f_lines_0 contained /\v\C\\%(%(["'\\]|\n)|)/
syntax match dana_signature_2 contained /\v\C%([0-9]@!\k)\k*/
syntax region dana_parameters_4 contained matchgroup=dana_punctuation start=/\v\C\:/ matchgroup=NONE end=/\v\C%([,=)])@=/ matchgroup=NONE end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_annotation
syntax match dana_lambda_3 contained /\v\C%([0-9]@!\k)\k*/
syntax region dana_brackets_1 matchgroup=dana_punctuation start=/\v\C%(%(\k|[)\]}"']))@<=\[/ matchgroup=dana_punctuation end=/\v\C\]/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_expression
syntax match dana_f_line_0 contained /\v\C\\%(N\{[^}]*\}|u[0-9a-fA-F]{4,4}|U[0-9a-fA-F]{8,8}|x[0-9a-fA-F]{2,2}|[0-7]{1,3}|%([\\'"abfnrtv]|\n))/
syntax match dana_f_lines_0 contained /\v\C\\%(N\{[^}]*\}|u[0-9a-fA-F]{4,4}|U[0-9a-fA-F]{8,8}|x[0-9a-fA-F]{2,2}|[0-7]{1,3}|%([\\'"abfnrtv]|\n))/
syntax match dana_parameters_3 contained /\v\C%([0-9]@!\k)\k*/
syntax region dana_lambda_2 contained matchgroup=dana_punctuation start=/\v\C%(%(lambda)@<=\(|%(lambda\ )@<=\()/ matchgroup=dana_punctuation end=/\v\C\)/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_parameters
syntax region dana_brackets_0 matchgroup=dana_punctuation start=/\v\C\(/ matchgroup=dana_punctuation end=/\v\C\)/ matchgroup=dana_punctuation end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_arguments
syntax match dana_parameters_2 contained /\v\C%(self|cls)%(<|>)/
syntax match dana_operators_0 /\v\C%(\*\*\=|\/\/\=|\<\<\=|\>\>\=|\-\>|\:\=|\$\$|\*\*|\/\/|\<\<|\>\>|\<\=|\>\=|\=\=|\!\=|\+\=|\-\=|\*\=|\/\=|\%\=|\@\=|\&\=|\|\=|\^\=|\+|\-|\*|\/|\%|\@|\&|\||\^|\~|\<|\>|\=|\.)/
syntax match dana_annotation_7 contained /\v\C%([0-9]@!\k)\k*/
syntax match dana_atoms_12 /\v\C%([0-9]@!\k)\k*/
syntax match dana_annotation_6 contained /\v\C%(Agent|WorkflowEngine|bool|bytes|classmethod|complex|dict|float|frozenset|int|list|object|property|range|set|slice|staticmethod|str|super|tuple|type)%(<|>)/
syntax match dana_atoms_11 /\v\C%([0-9]@!\k)\k*%([ \t]*\()@=/
syntax match dana_atoms_10 /\v\C%(Ellipsis|NotImplemented|abs|add_early_exit_conditions|add_parallel_execution|add_step_caching|all|any|api_call|ascii|bin|calculate_average_execution_time|calculate_success_rate|calculate_system_load|callable|case|cases|check_workflow_definition|checked|chr|create_agent|create_llm_resource|create_memory_resource|create_multi_agent_workflow|create_workflow_definition|create_workflow_testing_framework|database_operation|definition_of_instance|delattr|describe_tools|determine_branch|determine_escalation_priority|divmod|enumerate|escalate_workflow_error|escalations|evaluate_condition|evaluate_expression|execute_api_action|execute_compensation|execute_database_action|execute_file_action|execute_loop_step|execute_notification_action|execute_regular_step|execute_step_sequence|execute_while_loop|file_operation|filter|filter_metrics_by_time|fixture|format|generate_test_id|generate_test_report|generate_unique_id|get_current_time|getattr|handle_step_error|hasattr|hash|help|hex|host_load|implement_adaptive_workflows|implement_workflow_error_handling|implement_workflow_monitoring|input|isinstance|issubclass|iter|len|log|log_level|map|max|merge_parallel_results|min|modify_retry_policies|nearest_word|next|notification|oct|ord|parallel|parallel_map|perform_declared_step|pow|print|program_function|program_variable|reason|recovery_policy|repr|resolve_loop_items|resolve_value|retry_delay|retry_failed_step|reversed|round|run_declared_workflow|secret|send_escalation_notification|setattr|setup_test_environment|skip_failed_step|sorted|sum|track_workflow_metrics|type_name|update_coordination_data|use|validate_workflow_result|version|wait|workflow_engine|workflow_report|zip)%(<|>)/
syntax match dana_atoms_9 /\v\C%(ActionError|ArithmeticError|AssertionError|AttributeError|BaseException|BufferError|ConnectionError|DeprecationWarning|EOFError|Exception|FieldError|FileExistsError|FileNotFoundError|FloatingPointError|GeneratorExit|ImportError|IndexError|IsADirectoryError|KeyError|KeyboardInterrupt|LookupError|ModuleNotFoundError|NameError|NotADirectoryError|NotImplementedError|OSError|OverflowError|PermissionError|ReasonError|RecursionError|RuntimeError|StopIteration|SyntaxError|TimeoutError|TypeError|UnboundLocalError|UnicodeDecodeError|UnicodeEncodeError|UnicodeError|UserWarning|ValueError|Warning|WorkflowError|ZeroDivisionError)%(<|>)/
syntax match dana_atoms_8 /\v\C%(Agent|WorkflowEngine|bool|bytes|classmethod|complex|dict|float|frozenset|int|list|object|property|range|set|slice|staticmethod|str|super|tuple|type)%(<|>)/
syntax match dana_atoms_7 /\v\C%(self|cls)%(<|>)/
syntax match dana_words_4 /\v\C%(True|False|None|true|false|none|null)%(<|>)/
syntax match dana_words_3 /\v\C%(as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield)%(<|>)/
syntax match dana_words_2 /\v\Cimport%(<|>)/
syntax match dana_words_1 /\v\C%(class|def|global|lambda|nonlocal)%(<|>)/
syntax match dana_words_0 /\v\C%(and|in|is|not|or)%(<|>)/
syntax match dana_annotation_4_0 contained /\v\C%(\.)%(%([ \t]*)%(%([0-9]@!\k)\k*))@=/
syntax match dana_annotation_4_2 contained /\v\C%(%(\.)%([ \t]*))@<=%(%([0-9]@!\k)\k*)/
syntax match dana_modules_0 contained /\v\Cas%(<|>)/
syntax region dana_atoms_5 matchgroup=dana_declaration start=/\v\C%(<|>)lambda%(<|>)/ matchgroup=dana_punctuation end=/\v\C\:\:=/ excludenl matchgroup=dana_punctuation end=/\v\C%(%([)\]}]|$))@=/ contains=@dana_lambda
syntax match dana_annotation_3 contained /\v\C\.\.\.=/
syntax match dana_atoms_4 /\v\C%(<|>)deliver%(<|>)%(%([ \t]+%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*|%(lambda|not%([ \t]+in%(<|>))@!|True|False|None|true|false|none|null)%(<|>))|[ \t]*%([0-9"'{~]|\.[0-9]|\$\$)))@=/
syntax region dana_definitions_4 matchgroup=dana_declaration start=/\v\C%(<|>)%(struct|resource|interface|agent|agent_blueprint)%([ \t]+%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*)@=/ matchgroup=dana_punctuation end=/\v\C\:/ excludenl matchgroup=dana_punctuation end=/\v\C%($)@=/ contains=@dana_heading
syntax region dana_definitions_3 matchgroup=dana_declaration start=/\v\C%(<|>)class%([ \t]+%([0-9]@!\k)\k*)@=/ matchgroup=dana_punctuation end=/\v\C\:/ excludenl matchgroup=dana_punctuation end=/\v\C%($)@=/ contains=@dana_heading
syntax region dana_definitions_2 matchgroup=dana_declaration start=/\v\C%(<|>)workflow%([ \t]+%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*)@=/ matchgroup=dana_punctuation end=/\v\C%(\:)/ matchgroup=dana_operator end=/\v\C%(\=)/ excludenl matchgroup=dana_operator end=/\v\C%($)@=/ contains=@dana_signature
syntax region dana_definitions_1 matchgroup=dana_declaration start=/\v\C%(<|>)def%(<|>)%([ \t]*%(%([0-9]@!\k)\k*|\())@=/ matchgroup=dana_punctuation end=/\v\C%(\:)/ matchgroup=dana_operator end=/\v\C%(\=)/ excludenl matchgroup=dana_operator end=/\v\C%($)@=/ contains=@dana_signature
syntax match dana_definitions_0 /\v\C%(<|>)sync%([ \t]+def%(<|>))@=/
syntax match dana_attributes_1_0 /\v\C%(\.)%(%([ \t]*)%(%([0-9]@!\k)\k*))@=/
syntax match dana_attributes_1_2 /\v\C%(%(\.)%([ \t]*))@<=%(%([0-9]@!\k)\k*)/
syntax match dana_attributes_0 /\v\C\.\.\.=/
syntax match dana_numbers_0 /\v\C%(0[xX]%(_=[0-9a-fA-F])+|0[bB]%(_=[01])+|0[oO]%(_=[0-7])+|%(%([0-9]%(_=[0-9])*)=\.[0-9]%(_=[0-9])*|[0-9]%(_=[0-9])*%(\.%(\.%([ \t]*%([0-9]@!\k))@!)@!)=)%([eE][\-+]=[0-9]%(_=[0-9])*)=[jJ]=)/
syntax region dana_strings_23 matchgroup=dana_string start=/\v\C%(%(<|>)%([fF][rR]|[rR][fF]))%(\')/ matchgroup=dana_string end=/\v\C\'/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_raw_f_line
syntax region dana_strings_22 matchgroup=dana_string start=/\v\C%(%(<|>)[fF])%(\')/ matchgroup=dana_string end=/\v\C\'/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_f_line
syntax region dana_strings_21 matchgroup=dana_string start=/\v\C%(%(<|>)%([rR][bB]|[bB][rR]))%(\')/ matchgroup=dana_string end=/\v\C\'/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_raw_bytes_string
syntax region dana_strings_20 matchgroup=dana_string start=/\v\C%(%(<|>)[bB])%(\')/ matchgroup=dana_string end=/\v\C\'/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_bytes_string
syntax region dana_strings_19 matchgroup=dana_string start=/\v\C%(%(<|>)[rR])%(\')/ matchgroup=dana_string end=/\v\C\'/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_raw_string
syntax region dana_strings_18 matchgroup=dana_string start=/\v\C%(%(%(<|>)[uU]|))%(\')/ matchgroup=dana_string end=/\v\C\'/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_text_string
syntax region dana_strings_17 matchgroup=dana_string start=/\v\C%(%(<|>)%([fF][rR]|[rR][fF]))%(\")/ matchgroup=dana_string end=/\v\C\"/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_raw_f_line
syntax region dana_strings_16 matchgroup=dana_string start=/\v\C%(%(<|>)[fF])%(\")/ matchgroup=dana_string end=/\v\C\"/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_f_line
syntax region dana_strings_15 matchgroup=dana_string start=/\v\C%(%(<|>)%([rR][bB]|[bB][rR]))%(\")/ matchgroup=dana_string end=/\v\C\"/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_raw_bytes_string
syntax region dana_strings_14 matchgroup=dana_string start=/\v\C%(%(<|>)[bB])%(\")/ matchgroup=dana_string end=/\v\C\"/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_bytes_string
syntax region dana_strings_13 matchgroup=dana_string start=/\v\C%(%(<|>)[rR])%(\")/ matchgroup=dana_string end=/\v\C\"/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_raw_string
syntax region dana_strings_12 matchgroup=dana_string start=/\v\C%(%(%(<|>)[uU]|))%(\")/ matchgroup=dana_string end=/\v\C\"/ excludenl matchgroup=dana_string end=/\v\C%($)@=/ contains=@dana_text_string
syntax region dana_strings_11 matchgroup=dana_string start=/\v\C%(%(<|>)%([fF][rR]|[rR][fF]))%(\'\'\')/ matchgroup=dana_string end=/\v\C\'\'\'/ contains=@dana_raw_f_lines
syntax region dana_strings_10 matchgroup=dana_string start=/\v\C%(%(<|>)[fF])%(\'\'\')/ matchgroup=dana_string end=/\v\C\'\'\'/ contains=@dana_f_lines
syntax region dana_strings_9 matchgroup=dana_string start=/\v\C%(%(<|>)%([rR][bB]|[bB][rR]))%(\'\'\')/ matchgroup=dana_string end=/\v\C\'\'\'/ contains=@dana_raw_bytes_string
syntax region dana_strings_8 matchgroup=dana_string start=/\v\C%(%(<|>)[bB])%(\'\'\')/ matchgroup=dana_string end=/\v\C\'\'\'/ contains=@dana_bytes_string
syntax region dana_strings_7 matchgroup=dana_string start=/\v\C%(%(<|>)[rR])%(\'\'\')/ matchgroup=dana_string end=/\v\C\'\'\'/ contains=@dana_raw_string
syntax region dana_strings_6 matchgroup=dana_string start=/\v\C%(%(%(<|>)[uU]|))%(\'\'\')/ matchgroup=dana_string end=/\v\C\'\'\'/ contains=@dana_text_string
syntax region dana_strings_5 matchgroup=dana_string start=/\v\C%(%(<|>)%([fF][rR]|[rR][fF]))%(\"\"\")/ matchgroup=dana_string end=/\v\C\"\"\"/ contains=@dana_raw_f_lines
syntax region dana_strings_4 matchgroup=dana_string start=/\v\C%(%(<|>)[fF])%(\"\"\")/ matchgroup=dana_string end=/\v\C\"\"\"/ contains=@dana_f_lines
syntax region dana_strings_3 matchgroup=dana_string start=/\v\C%(%(<|>)%([rR][bB]|[bB][rR]))%(\"\"\")/ matchgroup=dana_string end=/\v\C\"\"\"/ contains=@dana_raw_bytes_string
syntax region dana_strings_2 matchgroup=dana_string start=/\v\C%(%(<|>)[bB])%(\"\"\")/ matchgroup=dana_string end=/\v\C\"\"\"/ contains=@dana_bytes_string
syntax region dana_strings_1 matchgroup=dana_string start=/\v\C%(%(<|>)[rR])%(\"\"\")/ matchgroup=dana_string end=/\v\C\"\"\"/ contains=@dana_raw_string
syntax region dana_strings_0 matchgroup=dana_string start=/\v\C%(%(%(<|>)[uU]|))%(\"\"\")/ matchgroup=dana_string end=/\v\C\"\"\"/ contains=@dana_text_string
syntax region dana_field_line_2 contained matchgroup=dana_format start=/\v\C\:/ excludenl matchgroup=NONE end=/\v\C%(%([}]|$))@=/ contains=@dana_format_line
syntax region dana_comments_0 matchgroup=dana_comment start=/\v\C\#/ excludenl matchgroup=NONE end=/\v\C%($)@=/ contains=@dana_comment
syntax region dana_keys_1 contained matchgroup=dana_punctuation start=/\v\C\:/ matchgroup=NONE end=/\v\C%([,}])@=/ matchgroup=NONE end=/\v\C%(^)%(%(def|class|import|return|while|with|try)%(<|>))@=/ contains=@dana_items
syntax match dana_bases_1 contained /\v\C%(\.)@<!%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*%([ \t]*[,)])@=/
syntax region dana_field_lines_2 contained matchgroup=dana_format start=/\v\C\:/ matchgroup=NONE end=/\v\C%(\})@=/ contains=@dana_format_lines
syntax match dana_keys_0 contained /\v\C\:\=/
syntax match dana_scoped_0_0 /\v\C%(%(<|>))@<=%(%(private|public|system|local))%(%(\:)%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*))@=/
syntax match dana_scoped_0_1 /\v\C%(%(<|>)%(%(private|public|system|local)))@<=%(\:)%(%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*))@=/
syntax match dana_scoped_0_2 /\v\C%(%(<|>)%(%(private|public|system|local))%(\:))@<=%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*)/
syntax region dana_statements_9 matchgroup=dana_punctuation start=/\v\C%(^)%([ \t]*)%(%(private|public|system|local)\:%([0-9]@!\k)\k*)@!%(%(self)%(\.))=%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*%(\.%([0-9]@!\k)\k*)*)%([ \t]*)%(\:)%(\=)@!/ excludenl matchgroup=NONE end=/\v\C%(%([=#;]|$))@=/ contains=@dana_annotation
syntax match dana_named_0_0 contained /\v\C%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*)%(%([ \t]*)%(\=)%(\=)@!)@=/
syntax match dana_named_0_2 contained /\v\C%(%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*)%([ \t]*))@<=%(\=)%(%(\=)@!)@=/
syntax match dana_field_line_0 contained /\v\C%(\![rsa]%([ \t]*[:}])@=|\=%([ \t]*[!:}])@=)/
syntax match dana_field_lines_0 contained /\v\C%(\![rsa]%([ \t]*[:}])@=|\=%([ \t]*[!:}])@=)/
syntax match dana_statements_8_1 /\v\C%(%(^)%([ \t]*))@<=%(case)%(%(<|>)%(%(%([ \t]+%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*|%(lambda|not%([ \t]+in%(<|>))@!|True|False|None|true|false|none|null)%(<|>))|[ \t]*%([0-9"'{~]|\.[0-9]|\$\$))%(.)*\:|[ \t]*[([*\-]%(.)*\:[ \t]*%(\#%(.)*)=%($)@=|[ \t]*%(\([^()]*\)|\[[^[\]]*\]|\-[0-9])[^:]*\:))@=)@=/
syntax match dana_statements_7_1 /\v\C%(%(^)%([ \t]*))@<=%(match)%(%(<|>)%(%(%([ \t]+%(%(%(and|in|is|not|or|class|def|global|lambda|nonlocal|import|as|assert|async|await|break|continue|del|elif|else|except|finally|for|from|if|pass|raise|return|try|while|with|yield|True|False|None|true|false|none|null)%(<|>))@!%([0-9]@!\k)\k*|%(lambda|not%([ \t]+in%(<|>))@!|True|False|None|true|false|none|null)%(<|>))|[ \t]*%([0-9"'{~]|\.[0-9]|\$\$))|[ \t]*[([*\-])%(.)*\:[ \t]*%(\#%(.)*)=%($)@=)@=)@=/
syntax region dana_statements_6 matchgroup=dana_namespace start=/\v\C%(^)%([ \t]*)%(from)%(<|>)/ matchgroup=dana_namespace end=/\v\C%(%(<|>)import%(<|>))/ excludenl matchgroup=dana_namespace end=/\v\C%(%([;#]|$))@=/ contains=@dana_modules
syntax region dana_statements_5 matchgroup=dana_namespace start=/\v\C%(^)%([ \t]*)%(import)%(<|>)/ excludenl matchgroup=NONE end=/\v\C%(%([;#]|$))@=/ contains=@dana_modules
syntax match dana_statements_4_1 /\v\C%(%(^)%([ \t]*))@<=%(\@[ \t]*%([0-9]@!\k)\k*%([ \t]*\.[ \t]*%([0-9]@!\k)\k*)*)/
syntax region dana_statements_3 matchgroup=dana_docstring start=/\v\C%(^)%([ \t]*)%([rR])%(\'\'\')/ matchgroup=dana_docstring end=/\v\C\'\'\'/ contains=@dana_raw_docstring
syntax region dana_statements_2 matchgroup=dana_docstring start=/\v\C%(^)%([ \t]*)%([uU]=)%(\'\'\')/ matchgroup=dana_docstring end=/\v\C\'\'\'/ contains=@dana_text_docstring
syntax region dana_statements_1 matchgroup=dana_docstring start=/\v\C%(^)%([ \t]*)%([rR])%(\"\"\")/ matchgroup=dana_docstring end=/\v\C\"\"\"/ contains=@dana_raw_docstring
syntax region dana_statements_0 matchgroup=dana_docstring start=/\v\C%(^)%([ \t]*)%([uU]=)%(\"\"\")/ matchgroup=dana_docstring end=/\v\C\"\"\"/ contains=@dana_text_docstring
syntax cluster dana_program contains=dana_statements_0,dana_statements_1,dana_statements_2,dana_statements_3,dana_statements_4_1,dana_statements_5,dana_statements_6,dana_statements_7_1,dana_statements_8_1,dana_statements_9,dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2,dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_statements contains=dana_statements_0,dana_statements_1,dana_statements_2,dana_statements_3,dana_statements_4_1,dana_statements_5,dana_statements_6,dana_statements_7_1,dana_statements_8_1,dana_statements_9
syntax cluster dana_comments contains=dana_comments_0
syntax cluster dana_comment contains=dana_comment_0,dana_comment_1
syntax cluster dana_scoped contains=dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2
syntax cluster dana_expression contains=dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_atoms contains=dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0
syntax cluster dana_numbers contains=dana_numbers_0
syntax cluster dana_attributes contains=dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2
syntax cluster dana_words contains=dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4
syntax cluster dana_operators contains=dana_operators_0
syntax cluster dana_marks contains=dana_marks_0
syntax cluster dana_brackets contains=dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3
syntax cluster dana_arguments contains=dana_named_0_0,dana_named_0_2,dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2,dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_named contains=dana_named_0_0,dana_named_0_2
syntax cluster dana_items contains=dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2,dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_keys contains=dana_keys_0,dana_keys_1,dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_line_brackets contains=dana_line_brackets_0,dana_line_brackets_1
syntax cluster dana_line_arguments contains=dana_named_0_0,dana_named_0_2,dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_line_brackets_0,dana_line_brackets_1,dana_marks_0
syntax cluster dana_line_items contains=dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_line_brackets_0,dana_line_brackets_1,dana_marks_0
syntax cluster dana_definitions contains=dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4
syntax cluster dana_signature contains=dana_comments_0,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_signature_2,dana_signature_3,dana_signature_4,dana_marks_0
syntax cluster dana_heading contains=dana_comments_0,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_heading_2,dana_heading_3,dana_marks_0
syntax cluster dana_bases contains=dana_named_0_0,dana_named_0_2,dana_bases_1,dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_parameters contains=dana_comments_0,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_parameters_2,dana_parameters_3,dana_parameters_4,dana_parameters_5,dana_parameters_6,dana_marks_0
syntax cluster dana_lambda contains=dana_comments_0,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_lambda_2,dana_lambda_3,dana_lambda_4,dana_lambda_5,dana_marks_0
syntax cluster dana_annotation contains=dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_annotation_3,dana_annotation_4_0,dana_annotation_4_2,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_annotation_6,dana_annotation_7,dana_operators_0,dana_annotation_9,dana_annotation_10,dana_marks_0
syntax cluster dana_modules contains=dana_modules_0,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_modules_2,dana_modules_3,dana_marks_0
syntax cluster dana_strings contains=dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23
syntax cluster dana_text_string contains=dana_text_string_0,dana_text_string_1,dana_text_string_2,dana_text_string_3
syntax cluster dana_raw_string contains=dana_text_string_1,dana_text_string_3
syntax cluster dana_text_docstring contains=dana_text_docstring_0,dana_text_docstring_1,dana_text_docstring_2,dana_text_docstring_3
syntax cluster dana_raw_docstring contains=dana_text_docstring_1,dana_text_docstring_3
syntax cluster dana_bytes_string contains=dana_bytes_string_0,dana_text_string_1,dana_text_string_3
syntax cluster dana_raw_bytes_string contains=dana_text_string_1,dana_text_string_3
syntax cluster dana_f_line contains=dana_f_line_0,dana_f_line_1,dana_f_line_2,dana_f_line_3,dana_f_line_4
syntax cluster dana_raw_f_line contains=dana_raw_f_line_0,dana_f_line_2,dana_f_line_3,dana_f_line_4
syntax cluster dana_field_line contains=dana_field_line_0,dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2,dana_field_line_2,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_line_brackets_0,dana_line_brackets_1,dana_marks_0
syntax cluster dana_format_line contains=dana_f_line_3,dana_format_line_1
syntax cluster dana_f_lines contains=dana_f_lines_0,dana_f_lines_1,dana_f_lines_2,dana_f_lines_3,dana_f_lines_4
syntax cluster dana_raw_f_lines contains=dana_raw_f_lines_0,dana_f_lines_2,dana_f_lines_3,dana_f_lines_4
syntax cluster dana_field_lines contains=dana_field_lines_0,dana_scoped_0_0,dana_scoped_0_1,dana_scoped_0_2,dana_field_lines_2,dana_comments_0,dana_strings_0,dana_strings_1,dana_strings_2,dana_strings_3,dana_strings_4,dana_strings_5,dana_strings_6,dana_strings_7,dana_strings_8,dana_strings_9,dana_strings_10,dana_strings_11,dana_strings_12,dana_strings_13,dana_strings_14,dana_strings_15,dana_strings_16,dana_strings_17,dana_strings_18,dana_strings_19,dana_strings_20,dana_strings_21,dana_strings_22,dana_strings_23,dana_numbers_0,dana_attributes_0,dana_attributes_1_0,dana_attributes_1_2,dana_definitions_0,dana_definitions_1,dana_definitions_2,dana_definitions_3,dana_definitions_4,dana_atoms_4,dana_atoms_5,dana_words_0,dana_words_1,dana_words_2,dana_words_3,dana_words_4,dana_atoms_7,dana_atoms_8,dana_atoms_9,dana_atoms_10,dana_atoms_11,dana_atoms_12,dana_operators_0,dana_brackets_0,dana_brackets_1,dana_brackets_2,dana_brackets_3,dana_marks_0
syntax cluster dana_format_lines contains=dana_f_lines_3,dana_format_lines_1
highlight default link dana_comment_1 dana_comment
highlight default link dana_text_string_3 dana_string
highlight default link dana_text_docstring_3 dana_docstring
highlight default link dana_f_line_4 dana_string
highlight default link dana_format_line_1 dana_format
highlight default link dana_f_lines_4 dana_string
highlight default link dana_format_lines_1 dana_format
highlight default link dana_comment_0 dana_marker
highlight default link dana_marks_0 dana_punctuation
highlight default link dana_text_string_2 dana_field
highlight default link dana_text_docstring_2 dana_field
highlight default link dana_parameters_6 dana_operator
highlight default link dana_lambda_5 dana_operator
highlight default link dana_modules_3 dana_operator
highlight default link dana_text_string_1 dana_string
highlight default link dana_text_docstring_1 dana_docstring
highlight default link dana_f_line_2 dana_escape
highlight default link dana_f_lines_2 dana_escape
highlight default link dana_heading_2 dana_class
highlight default link dana_modules_2 dana_module
highlight default link dana_text_string_0 dana_escape
highlight default link dana_bytes_string_0 dana_escape
highlight default link dana_text_docstring_0 dana_escape
highlight default link dana_f_line_1 dana_string
highlight default link dana_raw_f_line_0 dana_string
highlight default link dana_f_lines_1 dana_string
highlight default link dana_raw_f_lines_0 dana_string
highlight default link dana_signature_2 dana_function
highlight default link dana_lambda_3 dana_parameter
highlight default link dana_f_line_0 dana_escape
highlight default link dana_f_lines_0 dana_escape
highlight default link dana_parameters_3 dana_parameter
highlight default link dana_parameters_2 dana_self
highlight default link dana_operators_0 dana_operator
highlight default link dana_annotation_7 dana_type
highlight default link dana_atoms_12 dana_name
highlight default link dana_annotation_6 dana_builtin_type
highlight default link dana_atoms_11 dana_call
highlight default link dana_atoms_10 dana_builtin
highlight default link dana_atoms_9 dana_exception
highlight default link dana_atoms_8 dana_builtin_type
highlight default link dana_atoms_7 dana_self
highlight default link dana_words_4 dana_constant
highlight default link dana_words_3 dana_keyword
highlight default link dana_words_2 dana_namespace
highlight default link dana_words_1 dana_declaration
highlight default link dana_words_0 dana_operator_word
highlight default link dana_annotation_4_0 dana_operator
highlight default link dana_annotation_4_2 dana_type
highlight default link dana_modules_0 dana_namespace
highlight default link dana_annotation_3 dana_operator
highlight default link dana_atoms_4 dana_keyword
highlight default link dana_definitions_0 dana_declaration
highlight default link dana_attributes_1_0 dana_operator
highlight default link dana_attributes_1_2 dana_attribute
highlight default link dana_attributes_0 dana_operator
highlight default link dana_numbers_0 dana_number
highlight default link dana_bases_1 dana_type
highlight default link dana_keys_0 dana_operator
highlight default link dana_scoped_0_0 dana_scope
highlight default link dana_scoped_0_1 dana_punctuation
highlight default link dana_scoped_0_2 dana_name
highlight default link dana_named_0_0 dana_parameter
highlight default link dana_named_0_2 dana_operator
highlight default link dana_field_line_0 dana_format
highlight default link dana_field_lines_0 dana_format
highlight default link dana_statements_8_1 dana_keyword
highlight default link dana_statements_7_1 dana_keyword
highlight default link dana_statements_4_1 dana_decorator
highlight default link dana_builtin Function
highlight default link dana_builtin_type Type
highlight default link dana_class Type
highlight default link dana_comment Comment
highlight default link dana_constant Constant
highlight default link dana_declaration Structure
highlight default link dana_decorator PreProc
highlight default link dana_docstring String
highlight default link dana_escape SpecialChar
highlight default link dana_exception Exception
highlight default link dana_field Special
highlight default link dana_format Special
highlight default link dana_function Function
highlight default link dana_keyword Statement
highlight default link dana_marker Todo
highlight default link dana_namespace Include
highlight default link dana_number Number
highlight default link dana_operator Operator
highlight default link dana_operator_word Operator
highlight default link dana_prefix String
highlight default link dana_scope StorageClass
highlight default link dana_self Identifier
highlight default link dana_string String
highlight default link dana_type Type
let b:current_syntax = 'dana'
let &cpoptions = s:options
unlet s:options
