#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"

static const struct {
	enum option option;
	enum ls_what what;
	const char *name;
} modes[] = {
	{ OPT_TEASERS, LS_TEASERS, "--teasers" },
	{ OPT_MISSING, LS_MISSING, "--missing" },
	{ OPT_CAPTURES, LS_CAPTURES, "--captures" },
	{ OPT_CLUSTERS, LS_CLUSTERS, "--clusters" },
	{ OPT_TAGS, LS_TAGS, "--tags" },
	{ OPT_RUNS, LS_RUNS, "--runs" }, { OPT_LOST, LS_LOST, "--lost" }
};

/* ---- values ---- */

static bool
parse_number(uint64_t *out, const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	if (!isdigit((unsigned char)*text))
		return false;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < least || value > most)
		return false;
	*out = value;
	return true;
}

/* Bytes, or with K, M, G (powers of 1024; a B or iB may follow). */
static bool
parse_size(uint64_t *out, const char *text)
{
	static const char unit[] = "KMGT";
	const char *at;
	char *end;
	unsigned long long value;
	unsigned shift = 0;

	errno = 0;
	if (!isdigit((unsigned char)*text))
		return false;
	value = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	if (*end != '\0' && (at = strchr(unit, toupper((unsigned char)*end)))
	    != NULL) {
		shift = 10 * (unsigned)(at - unit + 1);
		end++;
	}
	if (strcmp(end, "") != 0 && strcmp(end, "B") != 0 &&
	    strcmp(end, "iB") != 0)
		return false;
	if (value > UINT64_MAX >> shift)
		return false;
	*out = (uint64_t)value << shift;
	return true;
}

static bool
set_number(unsigned *out, const char *text, unsigned least, unsigned most)
{
	uint64_t value;

	if (!parse_number(&value, text, least, most))
		return false;
	*out = (unsigned)value;
	return true;
}

static bool
set_level(struct options *options, const char *value)
{
	unsigned level;

	if (!set_number(&level, value, 1, PM_LEVEL_MAX))
		return false;
	options->level = (int)level;
	return true;
}

static bool
set_frame(struct options *options, const char *value)
{
	uint64_t bytes;

	if (!parse_size(&bytes, value) || bytes < PM_FRAME_SMALLEST ||
	    bytes > PM_FRAME_LARGEST)
		return false;
	options->frame_bytes = (uint32_t)bytes;
	return true;
}

static bool
set_parity(struct options *options, const char *value)
{
	unsigned percent;

	if (!set_number(&percent, value, 0, PM_PARITY_PERCENT_MAX))
		return false;
	options->parity_percent = percent == 0 ? PM_NO_PARITY : (int)percent;
	return true;
}

/* "K/N", 1 <= K <= N. */
static bool
set_subset(struct options *options, const char *value)
{
	enum { PARTS_MAX = 1000000 };
	const char *slash = strchr(value, '/');
	char part[16];

	if (slash == NULL || slash - value >= (ptrdiff_t)sizeof part)
		return false;
	memcpy(part, value, (size_t)(slash - value));
	part[slash - value] = '\0';
	return set_number(&options->parts, slash + 1, 1, PARTS_MAX) &&
	    set_number(&options->part, part, 1, options->parts);
}

/* Seconds, or with s, m, h, d. */
static bool
set_max_time(struct options *options, const char *value)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
	    { 'd', 86400 } };
	size_t n = strlen(value);
	char digits[16];
	unsigned times = 1;

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (n > 0 && value[n - 1] == units[i].unit)
			times = units[i].seconds;
	if (n > 0 && !isdigit((unsigned char)value[n - 1]) && (times > 1 ||
	    value[n - 1] == 's'))
		n--;
	if (n == 0 || n >= sizeof digits)
		return false;
	memcpy(digits, value, n);
	digits[n] = '\0';
	if (!parse_number(&options->max_seconds, digits, 1, INT32_MAX / times))
		return false;
	options->max_seconds *= times;
	return true;
}

/* A share above 0 and not above 1. */
static bool
set_share(double *out, const char *value)
{
	char *end;

	if (!isdigit((unsigned char)*value) && *value != '.')
		return false;
	*out = strtod(value, &end);
	return *end == '\0' && *out > 0 && *out <= 1;
}

static bool
set_keep(struct options *options, const char *value)
{
	static const char *const name[] = { "canonical", "longest",
	    "earliest" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(value, name[i]) == 0) {
			options->select.keep = (enum pm_keep)i;
			options->keep = true;
			return true;
		}
	}
	return false;
}

static bool
set_pairs(struct options *options, const char *value)
{
	if (value == NULL || strcmp(value, "canonical") == 0)
		options->pairs = PM_PAIRS_CANONICAL;
	else if (strcmp(value, "all") == 0)
		options->pairs = PM_PAIRS_ALL;
	else
		return false;
	return true;
}

static bool
set_progress(struct options *options, const char *value)
{
	static const char *const name[] = { "auto", "always", "never",
	    "json" };

	for (int i = 0; i < 4; i++) {
		if (strcmp(value, name[i]) == 0) {
			options->progress = (enum progress_mode)i;
			return true;
		}
	}
	return false;
}

static bool
add_tag(struct options *options, const char *value)
{
	const char **tag = realloc(options->tag,
	    (options->select.tag_n + 1) * sizeof *tag);

	if (tag == NULL)
		return false;
	tag[options->select.tag_n++] = value;
	options->tag = tag;
	options->select.tag = tag;
	return true;
}

/* The options whose value is kept as it is. */
static const char **
text_slot(struct options *options, enum option option)
{
	switch (option) {
	case OPT_SINCE:
		return &options->select.since;
	case OPT_UNTIL:
		return &options->select.until;
	case OPT_ON:
		return &options->select.on;
	case OPT_SOURCE:
		return &options->select.source;
	case OPT_LANG:
		return &options->select.lang;
	case OPT_URL:
		return &options->select.url;
	case OPT_TITLE:
		return &options->select.title;
	case OPT_ID:
		return &options->select.id;
	case OPT_CRAWLED_SINCE:
		return &options->select.crawled_since;
	case OPT_CRAWLED_UNTIL:
		return &options->select.crawled_until;
	case OPT_ADDED_SINCE:
		return &options->select.added_since;
	case OPT_ZONE:
		return &options->select.zone;
	case OPT_CRAWLED:
		return &options->crawled;
	case OPT_OUTPUT:
		return &options->output;
	case OPT_AGAINST:
		return &options->against;
	case OPT_TAG_MAP:
		return &options->tag_map_path;
	default:
		return NULL;
	}
}

/* Options without a value.  False: it is not one of them. */
static bool
set_flag(struct options *options, enum option option)
{
	switch (option) {
	case OPT_JSON:
		options->json = true;
		return true;
	case OPT_QUIET:
		options->quiet = true;
		return true;
	case OPT_NOISY:
		options->thresholds.noisy = 1;
		return true;
	case OPT_NO_SANDBOX:
		options->no_sandbox = true;
		return true;
	case OPT_TEXT_ONLY:
		options->text_only = true;
		return true;
	case OPT_LINKS:
		options->links = true;
		return true;
	case OPT_DIFF:
		options->diff = true;
		return true;
	case OPT_WHY:
		options->why = true;
		return true;
	case OPT_YES:
		options->yes = true;
		return true;
	case OPT_ONLY:
		options->only = true;
		return true;
	case OPT_DRY_RUN:
		options->dry_run = true;
		return true;
	case OPT_BYTES:
		options->bytes = true;
		return true;
	case OPT_QUICK:
		options->verify = PM_VERIFY_QUICK;
		return true;
	case OPT_DEEP:
		options->verify = PM_VERIFY_DEEP;
		return true;
	case OPT_UNDATED:
		options->select.undated = 1;
		return true;
	case OPT_UNIQUE:
		options->select.unique = 1;
		return true;
	default:
		return false;
	}
}

/* What ls lists.  False: it is no option for that. */
static bool
set_mode(struct options *options, enum option option)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (modes[i].option != option)
			continue;
		options->what = modes[i].what;
		options->modes |= 1u << modes[i].what;
		return true;
	}
	return false;
}

/* False: the value makes no sense. */
static bool
apply(struct options *options, enum option option, const char *value)
{
	const char **text = text_slot(options, option);

	if (text != NULL) {
		*text = value;
		return true;
	}
	switch (option) {
	case OPT_PROGRESS:
		return set_progress(options, value);
	case OPT_THREADS:
		return set_number(&options->threads, value, 1, 256);
	case OPT_DEPTH:
		return set_number(&options->depth, value, 1, 64);
	case OPT_MEMORY:
		return parse_size(&options->memory_bytes, value) &&
		    options->memory_bytes >= (64 << 20);
	case OPT_LIMIT:
		return parse_number(&options->select.limit, value, 1,
		    INT64_MAX);
	case OPT_LEVEL:
		return set_level(options, value);
	case OPT_FRAME:
		return set_frame(options, value);
	case OPT_PARITY:
		return set_parity(options, value);
	case OPT_NEAR:
		return set_share(&options->thresholds.near, value);
	case OPT_NEAR_LONG:
		return set_share(&options->thresholds.near_long, value);
	case OPT_CONTAINS:
		return set_share(&options->thresholds.contains, value);
	case OPT_FORMAT:
		return pm_reader_of_name(&options->format, value) != 0;
	case OPT_SUBSET:
		return set_subset(options, value);
	case OPT_MAX_TIME:
		return set_max_time(options, value);
	case OPT_PAIRS:
		return set_pairs(options, value);
	case OPT_KEEP:
		return set_keep(options, value);
	case OPT_TAG:
		return add_tag(options, value);
	default:
		return set_flag(options, option) ||
		    set_mode(options, option);
	}
}

/* ---- the command line ---- */

struct parser {
	struct options *options;
	const struct command_info *command;
	int argc, at, word;              /* word: where the command is */
	char **argv;
};

static enum parsed
wrong(const struct parser *parser, const char *what, const char *which)
{
	if (parser->command == NULL)
		fprintf(stderr, "pressmark: %s%s; see 'pressmark --help'\n",
		    what, which);
	else
		fprintf(stderr, "pressmark %s: %s%s; see 'pressmark %s "
		    "--help'\n", parser->command->name, what, which,
		    parser->command->name);
	return PARSED_WRONG;
}

/* value is NULL when it is printed behind the option already. */
static enum parsed
wrong_value(const struct parser *parser, const char *printed,
    const char *value)
{
	const char *name = parser->command->name;

	fprintf(stderr, "pressmark %s: this value makes no sense: %s%s%s; "
	    "see 'pressmark %s --help'\n", name, printed,
	    value == NULL ? "" : " ", value == NULL ? "" : value, name);
	return PARSED_WRONG;
}

static enum parsed
take(struct parser *parser, const struct option_info *info,
    const char *attached, const char *printed)
{
	const char *value = attached;

	if ((info->commands & parser->command->command) == 0)
		return wrong(parser, "has no option ", printed);
	if (info->value == NULL && attached != NULL)
		return wrong(parser, "takes no value: ", printed);
	if (info->value != NULL && value == NULL && !info->value_optional) {
		if (parser->at >= parser->argc)
			return wrong(parser, "needs a value: ", printed);
		value = parser->argv[parser->at++];
	}
	if (info->select)
		parser->options->selected = true;
	if (!apply(parser->options, info->option, value))
		return wrong_value(parser, printed, attached == NULL ? value :
		    NULL);
	return PARSED_RUN;
}

static enum parsed
take_long(struct parser *parser, const char *argument)
{
	const char *equals = strchr(argument, '=');
	size_t n = equals == NULL ? strlen(argument) :
	    (size_t)(equals - argument);

	for (const struct option_info *info = option_table;
	    info->name != NULL; info++)
		if (strlen(info->name) == n - 2 &&
		    strncmp(info->name, argument + 2, n - 2) == 0)
			return take(parser, info, equals == NULL ? NULL :
			    equals + 1, argument);
	return wrong(parser, "has no option ", argument);
}

/* -q, -j4, -j 4; several letters in one argument: -qj4. */
static enum parsed
take_short(struct parser *parser, const char *argument)
{
	for (const char *letter = argument + 1; *letter != '\0'; letter++) {
		const struct option_info *info = option_table;
		enum parsed parsed;

		while (info->name != NULL && info->letter != *letter)
			info++;
		if (info->name == NULL)
			return wrong(parser, "has no option ", argument);
		if (info->value != NULL)
			return take(parser, info, letter[1] == '\0' ? NULL :
			    letter + 1, argument);
		parsed = take(parser, info, NULL, argument);
		if (parsed != PARSED_RUN)
			return parsed;
	}
	return PARSED_RUN;
}

static bool
asks_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 ||
	    strcmp(argument, "-h") == 0;
}

static enum parsed
take_arguments(struct parser *parser)
{
	struct options *options = parser->options;
	bool only_operands = false;
	enum parsed parsed = PARSED_RUN;

	while (parser->at < parser->argc && parsed == PARSED_RUN) {
		const char *argument = parser->argv[parser->at++];

		if (parser->at - 1 == parser->word)
			continue;
		if (only_operands || argument[0] != '-' ||
		    argument[1] == '\0') {
			options->operand[options->operand_n++] = argument;
		} else if (strcmp(argument, "--") == 0) {
			only_operands = true;
		} else if (asks_help(argument)) {
			help_print_command(stdout, parser->command);
			return PARSED_HELP;
		} else if (argument[1] == '-') {
			parsed = take_long(parser, argument);
		} else {
			parsed = take_short(parser, argument);
		}
	}
	return parsed;
}

/* Several lists at once; two of them are named. */
static enum parsed
check_modes(const struct parser *parser)
{
	const char *first = NULL;
	char both[64];

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if ((parser->options->modes & 1u << modes[i].what) == 0)
			continue;
		if (first != NULL) {
			(void)snprintf(both, sizeof both, "%s and %s", first,
			    modes[i].name);
			return wrong(parser, "lists one thing at a time, "
			    "not ", both);
		}
		first = modes[i].name;
	}
	return PARSED_RUN;
}

static enum parsed
check_operands(const struct parser *parser)
{
	const struct options *options = parser->options;
	const struct command_info *command = parser->command;

	if (options->operand_n < command->operands_min)
		return wrong(parser, "needs ", command->operands);
	if (options->operand_n > command->operands_max)
		return wrong(parser, "one argument too many: ",
		    options->operand[command->operands_max]);
	if ((command->command & (CMD_EXTRACT | CMD_RESTORE)) != 0 &&
	    options->output == NULL)
		return wrong(parser, "needs ", "-o DEST");
	if (command->command == CMD_FORGET && options->operand_n < 2 &&
	    options->select.url == NULL)
		return wrong(parser, "needs ", "ARCHIVE ID... or --url GLOB");
	if (options->yes && options->only)
		return wrong(parser, "--yes goes without ", "--only");
	if (options->against != NULL && (options->links ||
	    options->pairs != PM_PAIRS_NONE))
		return wrong(parser, "--against goes without ",
		    "--pairs and --links");
	if (options->verify == PM_VERIFY_QUICK && (options->parts != 0 ||
	    options->max_seconds != 0))
		return wrong(parser, "--quick goes without ",
		    "--subset and --max-time");
	if (options->keep && !options->select.unique)
		return wrong(parser, "--keep needs ", "--unique");
	if (options->tag_map_path != NULL && options->tag == NULL &&
	    options->what != LS_TAGS)
		return wrong(parser, "--tag-map needs ",
		    command->command == CMD_LS ? "--tag or --tags" :
		    "--tag");
	return check_modes(parser);
}

static const struct command_info *
command_named(const char *name)
{
	for (const struct command_info *command = command_table;
	    command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

/* Does the argument behind this option belong to it? */
static bool
takes_next(const char *argument)
{
	const struct option_info *info = option_table;

	if (argument[1] == '-') {
		while (info->name != NULL &&
		    strcmp(info->name, argument + 2) != 0)
			info++;
		return info->name != NULL && info->value != NULL &&
		    !info->value_optional;
	}
	for (const char *letter = argument + 1; *letter != '\0'; letter++) {
		for (info = option_table; info->name != NULL; info++)
			if (info->letter == *letter && info->value != NULL)
				return letter[1] == '\0';
	}
	return false;
}

/* The first argument from `at` on that is no option's; argc: there is none. */
static int
find_word(int argc, char **argv, int at)
{
	for (; at < argc; at++) {
		if (argv[at][0] != '-' || argv[at][1] == '\0')
			return at;
		if (takes_next(argv[at]))
			at++;
	}
	return argc;
}

static enum parsed
print_help(const struct parser *parser, int at)
{
	const struct command_info *command;

	at = find_word(parser->argc, parser->argv, at);
	if (at >= parser->argc || strcmp(parser->argv[at], "help") == 0) {
		help_print(stdout);
		return PARSED_HELP;
	}
	if ((command = command_named(parser->argv[at])) == NULL)
		return wrong(parser, "there is no command ",
		    parser->argv[at]);
	help_print_command(stdout, command);
	return PARSED_HELP;
}

/* What needs no command.  PARSED_RUN: there is one, at parser->word. */
static enum parsed
take_first(struct parser *parser)
{
	char **argv = parser->argv;

	if (parser->argc < 2) {
		help_print(stderr);
		return PARSED_WRONG;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("pressmark %s\n", PM_VERSION);
		return PARSED_HELP;
	}
	if (strcmp(argv[1], "--man") == 0) {
		help_print_man(stdout);
		return PARSED_HELP;
	}
	if (asks_help(argv[1]))
		return print_help(parser, 2);
	parser->word = find_word(parser->argc, argv, 1);
	if (parser->word >= parser->argc)
		return wrong(parser, "no command is given beside ", argv[1]);
	if (strcmp(argv[parser->word], "help") == 0)
		return print_help(parser, parser->word + 1);
	parser->command = command_named(argv[parser->word]);
	return parser->command != NULL ? PARSED_RUN : wrong(parser,
	    "there is no command ", argv[parser->word]);
}

enum parsed
options_parse(struct options *out, int argc, char **argv)
{
	struct parser parser = { .options = out, .argc = argc, .at = 1,
	    .argv = argv };
	enum parsed parsed;

	*out = (struct options){ .verify = PM_VERIFY_DEFAULT };
	if ((parsed = take_first(&parser)) != PARSED_RUN)
		return parsed;
	out->command = parser.command->command;
	out->operand = calloc((size_t)argc, sizeof *out->operand);
	if (out->operand == NULL) {
		fprintf(stderr, "pressmark: out of memory\n");
		return PARSED_WRONG;
	}
	parsed = take_arguments(&parser);
	return parsed == PARSED_RUN ? check_operands(&parser) : parsed;
}

void
options_clear(struct options *options)
{
	pm_tag_map_free(options->tag_map);
	free(options->operand);
	free(options->tag);
}
