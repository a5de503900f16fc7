// SPDX-License-Identifier: GPL-2.0
/* msgslot_view_open(): who may map what, and for how long it is there. */
#include "interposed.h"
#include "child.h"

static bool reads(struct msgslot_reader *reader, const char *text)
{
	char buf[MSG_SLOT_MAX_MESSAGE];
	ssize_t n = msgslot_reader_get(reader, buf, sizeof(buf), NULL);

	return n == (ssize_t)strlen(text) && !memcmp(buf, text, n);
}

TEST_F(view, of_a_file_to_write_is_refused)
{
	struct msgslot_view *view = NULL;
	int writer = library_open(self->node, O_WRONLY);

	EXPECT_EQ(-EBADF, msgslot_view_open(writer, &view));
	EXPECT_EQ(-EBADF, msgslot_view_open(-1, &view));
	EXPECT_EQ(NULL, view);
	msgslot_close(writer);
}

TEST_F(view, of_a_file_to_read_is_enough)
{
	int fd = library_open(self->node, O_RDONLY);
	struct msgslot_reader reader;
	struct msgslot_view *view;

	ASSERT_EQ(0, msgslot_view_open(fd, &view));
	reader = reader_of(view, 7);
	put_text(self->fd, 7, "hello");
	EXPECT_TRUE(reads(&reader, "hello"));
	msgslot_view_close(view);
	msgslot_close(fd);
}

TEST_F(view, of_one_channel_is_refused)
{
	struct msgslot_view *view = NULL;

	ASSERT_EQ(0, msgslot_restrict(self->fd, 7, 0));
	EXPECT_EQ(-EPERM, msgslot_view_open(self->fd, &view));
	EXPECT_EQ(NULL, view);
}

TEST_F(view, of_another_layout_is_refused)
{
	struct msgslot_view *view = NULL;

	other_layout = MSG_SLOT_LAYOUT + 1;
	EXPECT_EQ(-EPROTONOSUPPORT, msgslot_view_open(self->fd, &view));
	EXPECT_EQ(NULL, view);
}

TEST_F(view, that_is_refused_leaves_nothing)
{
	struct msgslot_view *view;
	int before = dup(0);

	close(before);
	other_layout = MSG_SLOT_LAYOUT + 1;
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(-EPROTONOSUPPORT, msgslot_view_open(self->fd, &view));
	EXPECT_EQ(before, dup(0));
}

TEST_F(view, outlives_the_descriptor)
{
	int fd = library_open(self->node, O_RDONLY);
	struct msgslot_reader reader;
	struct msgslot_view *view;

	ASSERT_EQ(0, msgslot_view_open(fd, &view));
	msgslot_close(fd);
	reader = reader_of(view, 7);
	put_text(self->fd, 7, "hello");
	EXPECT_TRUE(reads(&reader, "hello"));
	msgslot_view_close(view);
}

TEST_F(view, gives_everything_back)
{
	struct msgslot_view *view;
	int before = dup(0);

	close(before);
	for (int i = 0; i < 300; i++) {
		ASSERT_EQ(0, msgslot_view_open(self->fd, &view));
		msgslot_view_close(view);
	}
	EXPECT_EQ(before, dup(0));
	msgslot_view_close(NULL);
}

static struct msgslot_reader *inherited;

static int read_inherited(int fd)
{
	bool before = reads(inherited, "before");

	put_text(fd, 7, "after");
	return !(before && reads(inherited, "after"));
}

TEST_F(view, a_child_has_it)
{
	struct msgslot_reader reader = reader_of(self->view, 7);

	put_text(self->fd, 7, "before");
	EXPECT_TRUE(reads(&reader, "before"));
	inherited = &reader;
	EXPECT_EQ(0, in_child(read_inherited, self->fd));
	EXPECT_TRUE(reads(&reader, "after"));
}

TEST_HARNESS_MAIN
