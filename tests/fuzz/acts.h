/* SPDX-License-Identifier: GPL-2.0 */
/* All kinds of acts. */
#ifndef FUZZ_ACTS_H
#define FUZZ_ACTS_H

struct act;
struct actor;

/**
 * struct act_kind - a kind of act
 * @name: in texts
 * @act: does it, and says so if it came to something else than the model says
 */
struct act_kind {
	const char *name;
	void (*act)(struct actor *actor, const struct act *act);
};

extern const struct act_kind act_kinds[];
extern const unsigned int act_kinds_count;

/* act_file.c */
void act_open(struct actor *actor, const struct act *act);
void act_close(struct actor *actor, const struct act *act);
void act_dup(struct actor *actor, const struct act *act);
void act_fork(struct actor *actor, const struct act *act);
void act_select(struct actor *actor, const struct act *act);
void act_blocking(struct actor *actor, const struct act *act);
void act_nonblock(struct actor *actor, const struct act *act);
void act_poll(struct actor *actor, const struct act *act);
void act_seek(struct actor *actor, const struct act *act);

/* act_limits.c */
void act_restrict(struct actor *actor, const struct act *act);
void act_get_limits(struct actor *actor, const struct act *act);
void act_set_limits(struct actor *actor, const struct act *act);
void act_usage(struct actor *actor, const struct act *act);
void act_counters(struct actor *actor, const struct act *act);
void act_command(struct actor *actor, const struct act *act);

/* act_transfer.c */
void act_write(struct actor *actor, const struct act *act);
void act_read(struct actor *actor, const struct act *act);

/* act_ring.c */
void act_ring_write(struct actor *actor, const struct act *act);
void act_ring_read(struct actor *actor, const struct act *act);

/* act_record.c */
void act_put(struct actor *actor, const struct act *act);
void act_put_frame(struct actor *actor, const struct act *act);
void act_clear(struct actor *actor, const struct act *act);
void act_renew(struct actor *actor, const struct act *act);

/* act_commit.c */
void act_commit(struct actor *actor, const struct act *act);

/* act_get.c */
void act_get(struct actor *actor, const struct act *act);
void act_wait(struct actor *actor, const struct act *act);
void act_snapshot(struct actor *actor, const struct act *act);

/* act_frame.c */
void act_get_frame(struct actor *actor, const struct act *act);

/* act_claim.c */
void act_claim(struct actor *actor, const struct act *act);
void act_release(struct actor *actor, const struct act *act);

/* act_watch.c */
void act_watch(struct actor *actor, const struct act *act);
void act_unwatch(struct actor *actor, const struct act *act);
void act_events(struct actor *actor, const struct act *act);

/* act_name.c */
void act_name_write(struct actor *actor, const struct act *act);
void act_name_read(struct actor *actor, const struct act *act);
void act_name_make(struct actor *actor, const struct act *act);
void act_name_remove(struct actor *actor, const struct act *act);
void act_name_rename(struct actor *actor, const struct act *act);
void act_name_truncate(struct actor *actor, const struct act *act);
void act_name_id(struct actor *actor, const struct act *act);
void act_name_hold(struct actor *actor, const struct act *act);

/* act_mapping.c */
void act_map(struct actor *actor, const struct act *act);
void act_unmap(struct actor *actor, const struct act *act);
void act_mapped_read(struct actor *actor, const struct act *act);
void act_locate(struct actor *actor, const struct act *act);
void act_mmap(struct actor *actor, const struct act *act);

#endif
