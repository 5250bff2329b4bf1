#include "account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MOST 8

/* Cuts a line at its colons. */
static int split(char *line, char *fields[FIELDS_MOST])
{
	int count = 0;
	line[strcspn(line, "\n")] = 0;
	while (count < FIELDS_MOST && (fields[count] = strsep(&line, ":")))
		count++;
	return count;
}

static bool find_user(const char *name, struct account *account)
{
	FILE *file = fopen("/etc/passwd", "re");
	if (!file)
		return false;
	char line[1024], *fields[FIELDS_MOST];
	bool found = false;
	while (!found && fgets(line, sizeof line, file)) {
		if (split(line, fields) < 6 || strcmp(fields[0], name) != 0)
			continue;
		account->uid = (uid_t)strtoul(fields[2], NULL, 10);
		account->gid = (gid_t)strtoul(fields[3], NULL, 10);
		snprintf(account->home, sizeof account->home, "%s", fields[5]);
		found = true;
	}
	fclose(file);
	return found;
}

static bool lists_member(char *members, const char *name)
{
	for (char *member; (member = strsep(&members, ","));)
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static void find_groups(const char *name, struct account *account)
{
	account->groups[0] = account->gid;
	account->group_count = 1;
	FILE *file = fopen("/etc/group", "re");
	if (!file)
		return;
	char line[4096], *fields[FIELDS_MOST];
	while (account->group_count < ACCOUNT_GROUPS_MOST && fgets(line, sizeof line, file))
		if (split(line, fields) >= 4 && lists_member(fields[3], name))
			account->groups[account->group_count++] = (gid_t)strtoul(fields[2], NULL, 10);
	fclose(file);
}

bool account_find(const char *name, struct account *account)
{
	*account = (struct account){.home = "/root"};
	if (!*name)
		name = "root";
	if (strlen(name) >= sizeof account->name)
		return false;
	strcpy(account->name, name);
	if (!find_user(name, account) && strcmp(name, "root") != 0)
		return false;
	find_groups(name, account);
	return true;
}
