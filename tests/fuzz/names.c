// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "names.h"

const char *const name_paths[NAMES] = {
	[NAME_A] = "a",	   [NAME_B] = "b",	  [NAME_SEVEN] = "7",
	[NAME_DIR] = "d",  [NAME_DIR_A] = "d/a",  [NAME_DIR_B] = "d/b",
	[NAME_ZERO] = "0", [NAME_DOOR] = ".slot", [NAME_DIR_DOOR] = "d/.slot",
};

/**
 * names_begin() - nothing is there but the door
 * @names: filled in
 */
void names_begin(struct names *names)
{
	memset(names, 0, sizeof(*names));
	names->names[NAME_DOOR].kind = DOOR_NAME;
}

static bool is_in_dir(unsigned int i)
{
	return i == NAME_DIR_A || i == NAME_DIR_B || i == NAME_DIR_DOOR;
}

/* Whether there is something in a directory. */
bool names_in(const struct names *names, unsigned int dir)
{
	return dir == NAME_DIR && (names->names[NAME_DIR_A].kind != NO_NAME ||
				   names->names[NAME_DIR_B].kind != NO_NAME);
}

/* Return: 0, or why a path does not lead to where the name would be. */
static long walk(const struct names *names, unsigned int i)
{
	if (!is_in_dir(i) || names->names[NAME_DIR].kind == GROUP_NAME)
		return 0;
	return names->names[NAME_DIR].kind == NO_NAME ? -ENOENT : -ENOTDIR;
}

/**
 * names_find() - look a name up
 * @names: the names
 * @i: which
 *
 * Return: its kind; -ENOENT or -ENOTDIR.
 */
long names_find(const struct names *names, unsigned int i)
{
	long err = walk(names, i);

	if (err)
		return err;
	return names->names[i].kind == NO_NAME ? -ENOENT :
						 (long)names->names[i].kind;
}

static long create(struct names *names, unsigned int i, enum name_kind kind)
{
	if (i == NAME_DIR_DOOR)
		return -EPERM;
	/* A directory may be called so. */
	if (i == NAME_ZERO && kind == CHANNEL_NAME)
		return -EINVAL;
	names->names[i] = (struct name){ .kind = kind };
	return 0;
}

/**
 * names_make() - mknod() or mkdir()
 * @names: the names
 * @i: which
 * @group: a directory
 *
 * Return: 0, or what is wrong.
 */
long names_make(struct names *names, unsigned int i, bool group)
{
	long kind = names_find(names, i);

	if (kind > 0)
		return -EEXIST;
	if (walk(names, i))
		return kind;
	return create(names, i, group ? GROUP_NAME : CHANNEL_NAME);
}

/**
 * names_write() - as a shell's > does it
 * @names: the names
 * @i: which; not the door
 * @text: the message
 *
 * Return: its size, or what is wrong; the name may be there then.
 */
long names_write(struct names *names, unsigned int i, struct text text)
{
	long kind = names_find(names, i);
	long err;

	if (walk(names, i))
		return kind;
	if (kind == GROUP_NAME)
		return -EISDIR;
	if (kind < 0) {
		err = create(names, i, CHANNEL_NAME);
		if (err)
			return err;
	}
	if (!text.size || text.size > MSG_SLOT_MAX_MESSAGE)
		return -EMSGSIZE;
	if (names->names[i].claimed)
		return -EBUSY;
	names->names[i].text = text;
	return text.size;
}

/**
 * names_truncate() - truncate()
 * @names: the names
 * @i: which
 * @size: to what size
 *
 * Return: 0, or what is wrong.
 */
long names_truncate(struct names *names, unsigned int i, uint32_t size)
{
	struct name *name = &names->names[i];
	long kind = names_find(names, i);

	if (kind < 0)
		return kind;
	if (kind == GROUP_NAME)
		return -EISDIR;
	if (kind == DOOR_NAME || (size && size != name->text.size))
		return -EINVAL;
	if (size)
		return 0;
	if (name->claimed)
		return -EBUSY;
	name->text.size = 0;
	return 0;
}

/**
 * names_remove() - unlink() or rmdir()
 * @names: the names
 * @i: which
 * @group: rmdir()
 *
 * Return: 0, or what is wrong.
 */
long names_remove(struct names *names, unsigned int i, bool group)
{
	long kind = names_find(names, i);
	bool is_group = kind == GROUP_NAME;

	if (kind < 0)
		return kind;
	if (group != is_group)
		return group ? -ENOTDIR : -EISDIR;
	if (kind == DOOR_NAME)
		return -EPERM;
	if (names_in(names, i))
		return -ENOTEMPTY;
	if (names->names[i].claimed)
		return -EBUSY;
	names->names[i] = (struct name){};
	return 0;
}

/* Return: 0, or why what is at @to is no place for what is at @from. */
static long may_replace(const struct names *names, unsigned int from,
			unsigned int to)
{
	bool group = names->names[from].kind == GROUP_NAME;
	enum name_kind target = names->names[to].kind;
	bool over_group = target == GROUP_NAME;

	if (target != NO_NAME && group != over_group)
		return group ? -ENOTDIR : -EISDIR;
	if (from == NAME_DOOR || to == NAME_DOOR || to == NAME_DIR_DOOR)
		return -EPERM;
	if (!group &&
	    (from == NAME_SEVEN || to == NAME_SEVEN || to == NAME_ZERO))
		return -EINVAL;
	if (names_in(names, to))
		return -ENOTEMPTY;
	return names->names[to].claimed ? -EBUSY : 0;
}

/**
 * names_rename() - rename()
 * @names: the names
 * @from: which; no directory with names in it
 * @to: as which other
 *
 * Return: 0, or what is wrong.
 */
long names_rename(struct names *names, unsigned int from, unsigned int to)
{
	long err = walk(names, from) ?: walk(names, to);

	if (!err && names->names[from].kind == NO_NAME)
		err = -ENOENT;
	if (err)
		return err;
	/* Neither into itself nor over what it is in. */
	if (from == NAME_DIR && is_in_dir(to))
		return -EINVAL;
	if (to == NAME_DIR && is_in_dir(from))
		return -ENOTEMPTY;
	if (from == to)
		return 0;
	err = may_replace(names, from, to);
	if (err)
		return err;
	names->names[to] = names->names[from];
	names->names[from] = (struct name){};
	return 0;
}

/**
 * names_hold() - open a channel's file and claim it
 * @names: the names, of which none is held
 * @i: which; not the door
 *
 * Return: 0, or what is wrong.
 */
long names_hold(struct names *names, unsigned int i)
{
	long kind = names_find(names, i);

	if (kind < 0)
		return kind;
	if (kind == GROUP_NAME)
		return -EISDIR;
	names->held = true;
	names->names[i].claimed = true;
	return 0;
}

/* The descriptor that is held is closed, and its message stays. */
void names_let_go(struct names *names)
{
	names->held = false;
	for (unsigned int i = 0; i < NAMES; i++)
		names->names[i].claimed = false;
}

/**
 * names_learn() - we have been told an id
 * @names: the names
 * @i: of which
 * @id: the id
 *
 * Return: whether it can be that: a number's own, or one that no other name has.
 */
bool names_learn(struct names *names, unsigned int i, uint32_t id)
{
	struct name *name = &names->names[i];

	if (name->id)
		return name->id == id;
	if (i == NAME_SEVEN ? id != 7 : id < MSG_SLOT_FIRST_NAMED)
		return false;
	for (unsigned int j = 0; j < NAMES; j++) {
		if (names->names[j].id == id)
			return false;
	}
	name->id = id;
	return true;
}
