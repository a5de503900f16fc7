// SPDX-License-Identifier: GPL-2.0
/* Windows, of an open file: how they are mapped. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "channel/cells.h"
#include "channel/channel.h"
#include "channel/channel_window.h"
#include "channel/window.h"
#include "open_file.h"
#include "slot/slot.h"
#include "window_file.h"

#define FIRST_PAGE (MSG_SLOT_WINDOWS >> PAGE_SHIFT)
#define END_PAGE (MSG_SLOT_WINDOWS_END >> PAGE_SHIFT)

static struct window *mapped_window(struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

static void window_vm_open(struct vm_area_struct *vma)
{
	cells_map(mapped_window(vma)->cells);
	cells_remap_window(mapped_window(vma));
}

static void window_vm_close(struct vm_area_struct *vma)
{
	struct cells *cells = mapped_window(vma)->cells;

	cells_unmap_window(mapped_window(vma));
	cells_unmap(cells);
}

/* Where the window of a place begins. */
static u64 window_offset(u32 place)
{
	return MSG_SLOT_WINDOW_OFFSET(cells_place_offset(place));
}

static vm_fault_t window_fault(struct vm_fault *fault)
{
	struct window *window = mapped_window(fault->vma);
	u64 at = (u64)fault->pgoff << PAGE_SHIFT;

	fault->page = vmalloc_to_page((u8 *)window->head + at -
				      window_offset(window->place));
	get_page(fault->page);
	return 0;
}

static const struct vm_operations_struct window_ops = {
	.open = window_vm_open,
	.close = window_vm_close,
	.fault = window_fault,
};

/**
 * window_file_maps() - whether a mapping is one of a window
 * @vma: where it is to be mapped
 *
 * Return: whether it is.
 */
bool window_file_maps(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff >= FIRST_PAGE && vma->vm_pgoff < END_PAGE;
}

/*
 * Twice what the slot's messages may have, as a window has room for two, and one of the
 * largest more; but not more than frames may have where there is no limit.
 */
static u64 windows_limit(const struct budget *budget)
{
	u64 most = (u64)totalram_pages() << (PAGE_SHIFT - 1);
	u64 limit = budget_frame_limit(budget);

	return limit < most / 2 ? min(2 * limit + WINDOW_MOST, most) : most;
}

/* Return: the window, for cells_unmap_window(), or ERR_PTR(). */
static struct window *add_window(struct slot *slot, u32 place, u32 bytes)
{
	struct window *window = window_create(&slot->cells, place, bytes);
	int err;

	if (!window)
		return ERR_PTR(-ENOMEM);
	err = cells_add_window(window, windows_limit(&slot->budget));
	if (!err)
		return window;
	window_put(window);
	return ERR_PTR(err);
}

/* Return: likewise. */
static struct window *obtain_window(struct slot *slot, u32 place, u32 bytes)
{
	struct window *window;

	do {
		window = cells_map_window(&slot->cells, place, bytes) ?:
				 add_window(slot, place, bytes);
	} while (window == ERR_PTR(-EEXIST));
	return window;
}

/* What is there is to be seen. */
static void move_message(struct slot *slot, struct window *window)
{
	struct channel *channel = cells_get(&slot->cells, window->place);

	if (!channel)
		return;
	channel_move_to_window(channel, window);
	channel_put(channel);
}

/**
 * window_file_mmap() - mmap() of a window
 * @file: the open file, which may be mapped; see mapping_mmap()
 * @vma: where it is to be mapped; its flags are right
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
int window_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct open_file *of = file->private_data;
	struct slot *slot = of->slot;
	u64 bytes = (u64)vma_pages(vma) << PAGE_SHIFT;
	u64 at = (u64)vma->vm_pgoff << PAGE_SHIFT;
	struct window *window;
	u32 place;

	/* Else the time at which a message is over would be two numbers. */
	if (!IS_ENABLED(CONFIG_64BIT))
		return -ENODEV;
	if (bytes > WINDOW_MOST ||
	    cells_place_at(&slot->cells,
			   (at - MSG_SLOT_WINDOWS) >> MSG_SLOT_WINDOW_SHIFT,
			   &place) ||
	    at != window_offset(place))
		return -EINVAL;
	cells_map(&slot->cells);
	window = obtain_window(slot, place, bytes);
	if (IS_ERR(window)) {
		cells_unmap(&slot->cells);
		return PTR_ERR(window);
	}
	move_message(slot, window);
	vma->vm_private_data = window;
	vma->vm_ops = &window_ops;
	return 0;
}
