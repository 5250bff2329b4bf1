/* Starting a program: everything between vfork and exec. */
#ifndef SPAWN_H
#define SPAWN_H

#include "account.h"

enum spawn_stage { SPAWN_FORK, SPAWN_SETUP, SPAWN_CWD, SPAWN_EXEC };

struct spawn {
	char **arguments, **environment;
	const char *search_path; /* for a program named without a slash */
	const char *cwd;
	const struct account *account;
	int descriptors[3];
	bool terminal; /* descriptor 0 becomes the controlling terminal */
	int cgroup;    /* the directory of the one to be born in; -1: none */
	/* Filled in on failure. */
	enum spawn_stage stage;
	int error;
};

/* The process, leader of its own session and group; or -1, see stage and error. */
pid_t spawn(struct spawn *plan);

#endif
