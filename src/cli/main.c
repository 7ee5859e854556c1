#include "cli/commands.h"
#include "cli/output.h"
#include "cli/tag_names.h"

static int
run(const struct options *options)
{
	switch (options->command) {
	case CMD_ADD:
		return cmd_add(options);
	case CMD_SCAN:
		return cmd_scan(options);
	case CMD_INSPECT:
		return cmd_inspect(options);
	case CMD_LS:
		return cmd_ls(options);
	case CMD_SHOW:
		return cmd_show(options);
	case CMD_EXTRACT:
		return cmd_extract(options);
	case CMD_RESTORE:
		return cmd_restore(options);
	case CMD_DUPS:
		return cmd_dups(options);
	case CMD_WHY:
		return cmd_why(options);
	case CMD_VERIFY:
		return cmd_verify(options);
	case CMD_REPAIR:
		return cmd_repair(options);
	case CMD_REINDEX:
		return cmd_reindex(options);
	case CMD_OPTIMIZE:
		return cmd_optimize(options);
	case CMD_FORGET:
		return cmd_forget(options);
	case CMD_STATS:
		return cmd_stats(options);
	}
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct options options;
	int status = EXIT_CLEAN;

	catch_interrupts();
	switch (options_parse(&options, argc, argv)) {
	case PARSED_RUN:
		status = tag_names_read(&options);
		if (status == EXIT_CLEAN)
			status = run(&options);
		break;
	case PARSED_HELP:
		break;
	case PARSED_WRONG:
		status = EXIT_USAGE;
		break;
	}
	options_clear(&options);
	return status;
}
