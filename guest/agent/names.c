#include "names.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>

#define RANGE 0xc6120000u /* 198.18.0.0 */
#define PLACES 8192
#define ROUNDS 15         /* so often a place changes its address before it has the first again */
#define BUCKETS 4096

/*
 * A place has one name at a time. Its address is RANGE + (round + 1) × PLACES + number, so that an address which
 * somebody remembers does not soon stand for another name; 16 × PLACES is the range, the first of which is not used.
 */
static struct place {
	char *name;
	uint8_t round;
	bool told;
	struct place *next;            /* in its bucket */
	struct place *older, *younger; /* by use */
} places[PLACES];

static struct place *buckets[BUCKETS], *oldest, *youngest;
static unsigned used;

static struct place **bucket_of(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return &buckets[hash % BUCKETS];
}

static uint32_t address_of(const struct place *place)
{
	return RANGE + (place->round + 1u) * PLACES + (uint32_t)(place - places);
}

static struct place *place_at(uint32_t address)
{
	struct place *place = &places[address % PLACES];
	return place->name && address_of(place) == address ? place : NULL;
}

static void leave_order(struct place *place)
{
	*(place->older ? &place->older->younger : &oldest) = place->younger;
	*(place->younger ? &place->younger->older : &youngest) = place->older;
}

static void make_youngest(struct place *place)
{
	place->older = youngest;
	place->younger = NULL;
	*(youngest ? &youngest->younger : &oldest) = place;
	youngest = place;
}

static struct place *free_place(void)
{
	if (used < PLACES)
		return &places[used++];
	struct place *place = oldest, **link = bucket_of(place->name);
	while (*link != place)
		link = &(*link)->next;
	*link = place->next;
	leave_order(place);
	free(place->name);
	place->round = (uint8_t)((place->round + 1) % ROUNDS);
	return place;
}

uint32_t names_address(const char *name)
{
	struct place **bucket = bucket_of(name), *place = *bucket;
	while (place && strcmp(place->name, name) != 0)
		place = place->next;
	if (place) {
		leave_order(place);
	} else {
		place = free_place();
		place->name = strdup(name);
		if (!place->name)
			die("out of memory for a name");
		place->told = false;
		place->next = *bucket;
		*bucket = place;
	}
	make_youngest(place);
	return address_of(place);
}

const char *names_find(uint32_t address)
{
	struct place *place = place_at(address);
	if (!place)
		return NULL;
	leave_order(place);
	make_youngest(place);
	return place->name;
}

bool names_tell(uint32_t address)
{
	struct place *place = place_at(address);
	if (!place || place->told)
		return false;
	return place->told = true;
}

void names_forget_told(void)
{
	for (unsigned i = 0; i < used; i++)
		places[i].told = false;
}
