// SPDX-License-Identifier: GPL-2.0
/*
 * client SLOT: a program of somebody else's, in C11 and in C++17, against what is
 * installed. Prints what it read in each way, and the library's version.
 */
#include <fcntl.h>
#include <msgslot.h>
#include <stdio.h>

static void show(const char *way, const char *buf, ssize_t n)
{
	if (n < 0)
		printf("%s: error %zd\n", way, n);
	else
		printf("%s: %.*s\n", way, (int)n, buf);
}

static void read_by_view(int fd, char *buf, size_t room)
{
	struct msgslot_reader reader;
	struct msgslot_view *view;
	int err = msgslot_view_open(fd, &view);

	if (err) {
		show("view", buf, err);
		return;
	}
	msgslot_reader_init(&reader, view, 7);
	show("view", buf, msgslot_reader_get(&reader, buf, room, NULL));
	show("view again", buf, msgslot_reader_get(&reader, buf, room, NULL));
	msgslot_view_close(view);
}

static void read_by_snapshot(int fd, char *buf, size_t room)
{
	struct msg_slot_get get = msgslot_into(7, buf, room);
	int err = msgslot_snapshot(fd, &get, 1);

	show("snapshot", buf, err ? err : (ssize_t)get.record.size);
}

int main(int argc, char *argv[])
{
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_record record;
	int fd = msgslot_open(argc > 1 ? argv[1] : "", O_RDWR);
	int err;

	if (fd < 0) {
		fprintf(stderr, "client: error %d\n", fd);
		return 1;
	}
	err = msgslot_put(fd, 7, "hello", 5, 0, NULL);
	show("put", "done", err ? err : 4);
	show("get", buf, msgslot_get(fd, 7, buf, sizeof(buf), &record));
	read_by_snapshot(fd, buf, sizeof(buf));
	read_by_view(fd, buf, sizeof(buf));
	msgslot_close(fd);
	printf("version: %s\n", msgslot_version());
	return 0;
}
