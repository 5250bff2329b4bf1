/* Users and groups of the guest, from its /etc/passwd and /etc/group. */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#define ACCOUNT_GROUPS_MOST 64

struct account {
	uid_t uid;
	gid_t gid;
	char name[64], home[256];
	gid_t groups[ACCOUNT_GROUPS_MOST];
	size_t group_count;
};

/* "" is root, who needs no entry. False: no such user. */
bool account_find(const char *name, struct account *account);

#endif
