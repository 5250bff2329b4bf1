/* What an EXEC asks for, made ready to be spawned: account, arguments, environment, pipes or terminal. */
#ifndef COMMAND_H
#define COMMAND_H

#include "message.h"
#include "spawn.h"

struct command {
	struct spawn plan;
	struct account account;
	char cwd[4096];
	int theirs[3], ours[3]; /* of standard input, output, error */
	uint16_t rows, columns;
	char *strings;          /* all memory of arguments and environment */
	/* Why it cannot be. */
	uint16_t code;
	char reason[160];
};

bool command_prepare(struct command *command, const union request *request);
/* False: see errno. */
bool command_connect(struct command *command, bool terminal);
/* Also closes the descriptors; those taken over are to be -1 by then. */
void command_free(struct command *command);

#endif
