// SPDX-License-Identifier: GPL-2.0
/*
 * A spare: the block of a message that was replaced, kept for its author's next one.
 *
 * A long message would else be allocated, charged and freed each time, which costs more
 * than all the rest of a write. An author has one spare at most, whatever number of
 * channels it writes, so what is kept is a block for each open file that writes long
 * messages. It stays charged to who was charged for it, which is the same open file's
 * user, and is counted in the slot's budget, as long as nobody else needs the room. It is
 * given back
 *
 *   - when the author's message is cleared, is over, or makes way for a short one,
 *   - when the open file ends,
 *   - when something would not fit in the slot's budget: spare_give_back(),
 *   - when memory is short, in the cgroup that is charged or everywhere: the shrinker.
 *
 * Who writes takes the block out and puts another one in, each with one instruction.
 * That something is counted stays so meanwhile, and with it the spare's place in both
 * lists: what changes them holds budget->lock. Lists and count go together: a spare is
 * in both lists while it counts for something. As the shrinker comes with the lock of its
 * list, which is within budget->lock elsewhere, it only tries that.
 *
 *   who keeps a block                   who gives it back (has budget->lock)
 *
 *   counted is its capacity
 *                                       counted = 0
 *                                       take the block: there is none
 *   put the block in
 *   look at counted: 0, so take
 *   the block out again
 *
 * If counted is as it was, the block was put in before it was set to 0, and who gives
 * back takes the block after that.
 */
#include <linux/jiffies.h>
#include <linux/list_lru.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "author.h"
#include "block.h"
#include "budget.h"
#include "compat.h"
#include "memory.h"
#include "spare.h"

/**
 * struct spare - what an author keeps for its next message
 * @block: the block, or NULL: it is in use, or there is none
 * @counted: what it counts for in the budget, which is a block's capacity; 0: it is in
 *	neither list. Changes under budget->lock.
 * @budget: that budget; never changes
 * @again: in jiffies: nothing is kept until then, for the room was needed. Changes under
 *	budget->lock.
 * @entry: in budget->spares
 * @lru: among all that the author's cgroup is charged for
 */
struct spare {
	struct block *block;
	u32 counted;
	struct budget *budget;
	unsigned long again;
	struct list_head entry;
	struct list_head lru;
};

/*
 * After something was given back. Others can't make its author keep and give back all the
 * time, which costs more than not to keep at all.
 */
#define PAUSE (HZ / 10)

static struct kmem_cache *spare_cache;
static struct list_lru all_spares;
static struct shrinker *shrinker;

/* With the lock. Whether it is counted, then as much; no room: it is as it was. */
static bool recount(struct spare *spare, u32 bytes)
{
	struct budget *budget = spare->budget;
	u32 before = spare->counted;

	if (!budget_replace(budget, before, bytes))
		return false;
	atomic64_add((s64)bytes - before, &budget->kept);
	WRITE_ONCE(spare->counted, bytes);
	return true;
}

/* With the lock, of one that is in the lists. Return: the block it had, or NULL. */
static struct block *uncount(struct spare *spare)
{
	recount(spare, 0);
	list_del_init(&spare->entry);
	/* After it is not counted any more: see the top. */
	return xchg(&spare->block, NULL);
}

/* The same, and it is in no list any more. */
static struct block *withdraw(struct spare *spare)
{
	if (!spare->counted)
		return NULL;
	list_lru_del_obj(&all_spares, &spare->lru);
	return uncount(spare);
}

static struct spare *create_spare(struct author *author, struct budget *budget)
{
	struct spare *spare =
		kmem_cache_alloc_lru(spare_cache, &all_spares, MEMORY_NOWAIT);

	if (!spare)
		return NULL;
	spare->block = NULL;
	spare->counted = 0;
	spare->budget = budget;
	spare->again = jiffies;
	INIT_LIST_HEAD(&spare->entry);
	INIT_LIST_HEAD(&spare->lru);
	/* Threads that share the file may meet here. */
	if (cmpxchg(&author->spare, NULL, spare)) {
		kmem_cache_free(spare_cache, spare);
		spare = author->spare;
	}
	return spare;
}

/**
 * spare_take() - the block to write an author's next message to
 * @author: the author, whose open file is there
 * @size: how many bytes the message has
 *
 * Any context but in an interrupt.
 *
 * Return: the block, for block_put() or spare_keep(); or NULL if none is kept, or it is
 * of another size, or a reader has not left it yet.
 */
struct block *spare_take(const struct author *author, u32 size)
{
	struct spare *spare = READ_ONCE(author->spare);
	struct block *block;

	if (!spare || !READ_ONCE(spare->block))
		return NULL;
	block = xchg(&spare->block, NULL);
	if (!block || block_renew(block, size))
		return block;
	block_put(block);
	return NULL;
}

/* Return: whether the block is the spare now. */
static bool try_keep(struct spare *spare, struct block *block)
{
	u32 capacity = block->capacity;

	if (READ_ONCE(spare->counted) != capacity ||
	    cmpxchg(&spare->block, NULL, block))
		return false;
	/* Still, after it was put in: see the top. Who took it has it otherwise. */
	return likely(READ_ONCE(spare->counted) == capacity) ||
	       cmpxchg(&spare->block, block, NULL) != block;
}

/* The same for one that is of another size than the one before, or the first. */
static bool count_and_keep(struct spare *spare, struct block *block)
{
	struct budget *budget = spare->budget;
	bool done = false;

	spin_lock(&budget->lock);
	if (!READ_ONCE(spare->block) && time_after_eq(jiffies, spare->again) &&
	    recount(spare, block->capacity)) {
		if (list_empty(&spare->entry)) {
			list_add_tail(&spare->entry, &budget->spares);
			list_lru_add_obj(&all_spares, &spare->lru);
		}
		done = !cmpxchg(&spare->block, NULL, block);
	}
	spin_unlock(&budget->lock);
	return done;
}

/**
 * spare_keep() - keep the block of a message that was replaced
 * @author: who has written it, and wrote the one that has replaced it; its open file is
 *	there
 * @budget: of its slot
 * @block: the block, of which the caller is a user, and is not any more
 *
 * Process context, where one may sleep.
 */
void spare_keep(struct author *author, struct budget *budget,
		struct block *block)
{
	struct spare *spare = READ_ONCE(author->spare);

	if (likely(spare) && likely(try_keep(spare, block)))
		return;
	if (!spare)
		spare = create_spare(author, budget);
	if (!spare || !count_and_keep(spare, block))
		block_put(block);
}

/**
 * spare_forget() - give back what an author keeps
 * @author: the author
 * @budget: of its slot
 *
 * Process context, where one may sleep.
 */
void spare_forget(struct author *author, struct budget *budget)
{
	struct block *block = NULL;
	struct spare *spare;

	if (!READ_ONCE(author->spare))
		return;
	spin_lock(&budget->lock);
	/* With the lock it stays: see spare_end(). */
	spare = READ_ONCE(author->spare);
	if (spare)
		block = withdraw(spare);
	spin_unlock(&budget->lock);
	block_put(block);
}

/**
 * spare_end() - the same, for good
 * @author: the author, through whose open file nothing is written any more
 * @budget: of its slot
 *
 * Process context, where one may sleep.
 */
void spare_end(struct author *author, struct budget *budget)
{
	struct spare *spare = author->spare;
	struct block *block;

	if (!spare)
		return;
	spin_lock(&budget->lock);
	block = withdraw(spare);
	/* Others may come to forget it. */
	WRITE_ONCE(author->spare, NULL);
	spin_unlock(&budget->lock);
	block_put(block);
	kmem_cache_free(spare_cache, spare);
}

/**
 * spare_give_back() - make room in a budget
 * @budget: the budget
 * @bytes: how many more bytes have not fitted in
 * @limit: within how many, of all
 *
 * Process context; one may hold a spinlock.
 *
 * Return: whether there is more room now; if it is not enough yet, there will be. If all
 * that is kept is not enough, it stays.
 */
bool spare_give_back(struct budget *budget, u64 bytes, u64 limit)
{
	struct block *block = NULL;
	struct spare *spare;

	if (budget_usage(budget) + bytes > limit)
		return false;
	spin_lock(&budget->lock);
	spare = list_first_entry_or_null(&budget->spares, struct spare, entry);
	if (spare) {
		block = withdraw(spare);
		spare->again = jiffies + PAUSE;
	}
	spin_unlock(&budget->lock);
	if (block)
		block_put_atomic(block);
	return spare;
}

/* With the list's lock. */
static enum lru_status isolate(struct list_head *item,
			       struct list_lru_one *list, void *blocks)
{
	struct spare *spare = container_of(item, struct spare, lru);
	struct budget *budget = spare->budget;
	struct block *block;

	if (!spin_trylock(&budget->lock))
		return LRU_SKIP;
	list_lru_isolate(list, item);
	block = uncount(spare);
	spare->again = jiffies + PAUSE;
	spin_unlock(&budget->lock);
	if (block)
		llist_add(&block->dead, blocks);
	return LRU_REMOVED;
}

DEFINE_LIST_LRU_WALK_CB(isolate_spare, isolate)

static unsigned long count_spares(struct shrinker *unused,
				  struct shrink_control *sc)
{
	return list_lru_shrink_count(&all_spares, sc) ?: SHRINK_EMPTY;
}

static unsigned long free_spares(struct shrinker *unused,
				 struct shrink_control *sc)
{
	LLIST_HEAD(blocks);
	struct block *block, *next;
	unsigned long freed;

	freed = list_lru_shrink_walk(&all_spares, sc, isolate_spare, &blocks);
	llist_for_each_entry_safe(block, next, llist_del_all(&blocks), dead)
		block_put(block);
	return freed;
}

/**
 * spare_setup() - make what spares are allocated from, and what gives them back
 *
 * Return: 0 or -ENOMEM.
 */
int spare_setup(void)
{
	int err;

	spare_cache = KMEM_CACHE(spare, SLAB_ACCOUNT);
	if (!spare_cache)
		return -ENOMEM;
	shrinker = shrinker_alloc(SHRINKER_MEMCG_AWARE, KBUILD_MODNAME);
	if (!shrinker)
		goto destroy_cache;
	err = list_lru_init_memcg(&all_spares, shrinker);
	if (err)
		goto free_shrinker;
	WRITE_ONCE(shrinker->scan_objects, free_spares);
	/* Who counts some may scan: older kernels have registered it already. */
	smp_store_release(&shrinker->count_objects, count_spares);
	shrinker_register(shrinker);
	return 0;

free_shrinker:
	shrinker_free(shrinker);
destroy_cache:
	kmem_cache_destroy(spare_cache);
	return -ENOMEM;
}

/** spare_cleanup() - undo spare_setup(); all open files are gone */
void spare_cleanup(void)
{
	shrinker_free(shrinker);
	list_lru_destroy(&all_spares);
	kmem_cache_destroy(spare_cache);
}
