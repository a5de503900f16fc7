// SPDX-License-Identifier: GPL-2.0
/* A named slot: its making, and its end. */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "memory.h"
#include "name.h"
#include "named_slot.h"
#include "slot/retired.h"
#include "slot/slot.h"
#include "slot/slot_limits.h"
#include "super.h"

/* Return: a slot with the limits of @fs; or ERR_PTR(-ENOMEM). */
static struct slot *create_slot(struct slotfs *fs)
{
	struct msg_slot_limits limits;
	struct slot *slot;

	retired_catch_up();
	mutex_lock(&fs->lock);
	limits = fs->limits;
	mutex_unlock(&fs->lock);
	slot = slot_create(&limits);
	if (!IS_ERR(slot))
		return slot;
	/* What is about to be freed may be what is missing. */
	retired_flush();
	return slot_create(&limits);
}

/**
 * named_slot_create() - a new slot, which is to get a name
 * @fs: where
 *
 * Charged to the memory cgroup of the caller. May sleep.
 *
 * Return: the slot, for named_slot_put(), which counts until named_slot_end(); or
 * ERR_PTR(): -ENOMEM, or -ENOSPC for one too many.
 */
struct named_slot *named_slot_create(struct slotfs *fs)
{
	struct named_slot *named;
	int err = slotfs_count_in(&fs->slots, READ_ONCE(fs->max_slots));

	if (err)
		return ERR_PTR(err);
	named = kzalloc(sizeof(*named), MEMORY_WAIT);
	if (!named)
		goto uncount;
	named->slot = create_slot(fs);
	if (IS_ERR(named->slot))
		goto free;
	named->fs = fs;
	refcount_set(&named->users, 1);
	INIT_LIST_HEAD(&named->list);
	names_init(named);
	return named;

free:
	kfree(named);
uncount:
	atomic_dec(&fs->slots);
	return ERR_PTR(-ENOMEM);
}

/**
 * named_slot_begin() - a slot has a name
 * @named: the slot
 * @directory: its directory
 */
void named_slot_begin(struct named_slot *named, struct dentry *directory)
{
	struct slotfs *fs = named->fs;

	mutex_lock(&fs->lock);
	named->directory = directory;
	list_add_tail(&named->list, &fs->named_slots);
	/* They may have changed since it was made. */
	slot_set_limits(named->slot, &fs->limits);
	mutex_unlock(&fs->lock);
}

/**
 * named_slot_vanish() - a slot's directory is being removed
 * @named: the slot, which is in its list until named_slot_end()
 */
void named_slot_vanish(struct named_slot *named)
{
	mutex_lock(&named->fs->lock);
	named->directory = NULL;
	mutex_unlock(&named->fs->lock);
}

/**
 * named_slot_end() - a slot has no directory any more, and counts no more
 * @named: the slot
 */
void named_slot_end(struct named_slot *named)
{
	struct slotfs *fs = named->fs;

	mutex_lock(&fs->lock);
	named->directory = NULL;
	list_del_init(&named->list);
	mutex_unlock(&fs->lock);
	atomic_dec(&fs->slots);
}

/**
 * named_slot_directory() - where a slot is
 * @named: the slot
 *
 * Return: its directory, for dput(), or NULL if it was removed.
 */
struct dentry *named_slot_directory(struct named_slot *named)
{
	struct dentry *directory;

	mutex_lock(&named->fs->lock);
	directory = dget(named->directory);
	mutex_unlock(&named->fs->lock);
	return directory;
}

/**
 * named_slot_put() - one user of a slot less
 * @named: the slot
 *
 * Process context.
 */
void named_slot_put(struct named_slot *named)
{
	if (!refcount_dec_and_test(&named->users))
		return;
	names_exit(named);
	slot_retire(named->slot);
	kfree(named);
}
