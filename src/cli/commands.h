/*
 * commands.h - one function a command; each returns the exit status.
 */
#ifndef PM_CLI_COMMANDS_H
#define PM_CLI_COMMANDS_H

#include "cli/options.h"

int cmd_add(const struct options *options);
int cmd_scan(const struct options *options);
int cmd_inspect(const struct options *options);
int cmd_ls(const struct options *options);
int cmd_show(const struct options *options);
int cmd_extract(const struct options *options);
int cmd_restore(const struct options *options);
int cmd_dups(const struct options *options);
int cmd_why(const struct options *options);
int cmd_verify(const struct options *options);
int cmd_repair(const struct options *options);
int cmd_reindex(const struct options *options);
int cmd_optimize(const struct options *options);
int cmd_forget(const struct options *options);
int cmd_stats(const struct options *options);

#endif
