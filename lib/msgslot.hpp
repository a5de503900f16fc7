/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message Slot for C++17 and later: <msgslot.h> with objects that close themselves,
 * times of std::chrono, exceptions, and messages that are values of a type.
 *
 *	#include <msgslot.hpp>
 *
 *	struct position { double x, y; };
 *
 *	msgslot::slot slot("robot");			// or "/dev/slot0"
 *	slot.put(7, "21.5 degrees", 5s);		// gone after five seconds
 *	std::cout << slot.get(7).text();
 *	slot.commit(msgslot::changes().put(7, "22").clear(6));	// both or neither
 *
 *	msgslot::writer<position> out(slot, 8);
 *	out.put({1, 2});
 *
 *	msgslot::view view(slot);			// without a system call:
 *	msgslot::reader<position> in(view, 8);
 *	position p = in.get();
 *
 *	msgslot::owner<position> mine(slot, 9);		// nor is there one here:
 *	mine.put({1, 2});				// nobody else may write it
 *
 * and it is linked as a C program is: $(pkg-config --cflags --libs msgslot). All of
 * it is inline; the ABI is that of libmsgslot.
 *
 * What slots, channels, versions and claims are is said in <message_slot.h>, and what
 * each call does in <msgslot.h>. A channel is a number from 1 to 4294967295; slot::id()
 * has that of a name.
 *
 * Where the library returns an error, here an exception is thrown that is a
 * msgslot::error, a std::system_error whose code() is the errno in
 * std::generic_category(). A call that a signal interrupts goes on. Times are
 * durations of std::chrono; msgslot::forever is what it says. A time to live must be
 * above 0, a time-out must not be negative: else std::invalid_argument.
 *
 * Slots, views and readers may be used by any number of threads at once, a watch or an
 * owner by one at a time. They can be moved, and what was moved from can only be destroyed or
 * assigned to.
 */
#ifndef MSGSLOT_HPP
#define MSGSLOT_HPP

#include <msgslot.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <type_traits>
#include <unistd.h>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

namespace msgslot
{

using std::chrono::nanoseconds;

/** forever - a time to live or a time-out without an end */
inline constexpr nanoseconds forever = nanoseconds::max();

/** class error - a call failed: code().value() is the errno */
class error : public std::system_error {
    public:
	error(int number, const std::string &what)
		: std::system_error(number, std::generic_category(), what)
	{
	}
};

/** class no_message - the channel has no message (EWOULDBLOCK) */
class no_message : public error {
	using error::error;
};

/** class claimed - another open file has claimed the channel (EBUSY) */
class claimed : public error {
	using error::error;
};

/** class timed_out - there was no such message in time (ETIMEDOUT) */
class timed_out : public error {
	using error::error;
};

/** class wrong_size - the message has not the size of the type (EBADMSG) */
class wrong_size : public error {
	using error::error;
};

/** class version_mismatch - the channel has another version than yours (ESTALE) */
class version_mismatch : public error {
    public:
	version_mismatch(std::uint64_t version, const std::string &what)
		: error(ESTALE, what)
		, version_(version)
	{
	}

	/** version() - the one that it has; 0: no message */
	std::uint64_t version() const noexcept
	{
		return version_;
	}

    private:
	std::uint64_t version_;
};

/** class commit_mismatch - a channel of a commit has another version (ESTALE) */
class commit_mismatch : public version_mismatch {
    public:
	commit_mismatch(std::uint32_t channel,
			std::vector<std::uint64_t> versions,
			std::uint64_t version, const std::string &what)
		: version_mismatch(version, what)
		, channel_(channel)
		, versions_(std::move(versions))
	{
	}

	/** channel() - the first that has another version, which is version() */
	std::uint32_t channel() const noexcept
	{
		return channel_;
	}

	/** versions() - those of all channels, in the order of the changes */
	const std::vector<std::uint64_t> &versions() const noexcept
	{
		return versions_;
	}

    private:
	std::uint32_t channel_;
	std::vector<std::uint64_t> versions_;
};

namespace detail
{

[[noreturn]] inline void fail(int number, std::uint32_t channel)
{
	const std::string what = "channel " + std::to_string(channel);

	switch (number) {
	case EWOULDBLOCK:
		throw no_message(number, what + " has no message");
	case EBUSY:
		throw claimed(number, what + " is claimed by another");
	case ETIMEDOUT:
		throw timed_out(number, what + " had no such message in time");
	case EMSGSIZE:
		throw error(number,
			    what + ": the message is empty or too large");
	default:
		throw error(number, what);
	}
}

[[noreturn]] inline void fail_size(std::uint32_t channel,
				   const std::string &bytes, std::size_t wanted)
{
	throw wrong_size(EBADMSG, "channel " + std::to_string(channel) +
					  ": the message has " + bytes +
					  " bytes, the type " +
					  std::to_string(wanted));
}

inline void check(int result, const char *what)
{
	if (result < 0)
		throw error(-result, what);
}

/* To the kernel, 0 would be for ever. */
inline std::uint64_t time_to_live(nanoseconds ttl)
{
	if (ttl <= nanoseconds::zero())
		throw std::invalid_argument("a time to live must be above 0");
	return ttl == forever ? MSG_SLOT_FOREVER :
				static_cast<std::uint64_t>(ttl.count());
}

/* What is left of a time-out, for a call that is made again. */
class deadline {
    public:
	explicit deadline(nanoseconds timeout)
		: timeout_(timeout)
	{
		if (timeout < nanoseconds::zero())
			throw std::invalid_argument(
				"a time-out must not be negative");
		start_ = clock::now();
	}

	std::uint64_t rest() const
	{
		if (timeout_ == forever)
			return MSG_SLOT_FOREVER;
		const nanoseconds gone = clock::now() - start_;
		return gone < timeout_ ? static_cast<std::uint64_t>(
						 (timeout_ - gone).count()) :
					 0;
	}

    private:
	using clock = std::chrono::steady_clock;
	nanoseconds timeout_;
	clock::time_point start_;
};

template <typename T> constexpr bool is_value()
{
	using type = std::remove_cv_t<T>;

	return std::is_trivially_copyable_v<type> &&
	       std::is_default_constructible_v<type> &&
	       !std::is_pointer_v<type> && !std::is_reference_v<T> &&
	       sizeof(type) <= MSG_SLOT_LARGEST_MESSAGE;
}

} /* namespace detail */

/**
 * class record - what the kernel knows of a message
 *
 * raw() is the structure of <message_slot.h>.
 */
class record {
    public:
	explicit record(const msg_slot_record &raw = {}) noexcept : raw_(raw)
	{
	}

	const msg_slot_record &raw() const noexcept
	{
		return raw_;
	}

	std::uint32_t channel() const noexcept
	{
		return raw_.channel;
	}

	msg_slot_event kind() const noexcept
	{
		return static_cast<msg_slot_event>(raw_.event);
	}

	/** has_message() - whether there is one: its kind is MSG_SLOT_WRITTEN */
	bool has_message() const noexcept
	{
		return raw_.event == MSG_SLOT_WRITTEN;
	}

	std::uint64_t version() const noexcept
	{
		return raw_.version;
	}

	/** written() - when it was written; setting the clock moves it */
	std::chrono::system_clock::time_point written() const noexcept
	{
		using clock = std::chrono::system_clock;

		return clock::time_point(
			std::chrono::duration_cast<clock::duration>(
				nanoseconds(raw_.written)));
	}

	/** age() - how long ago that was, by a clock that nobody can set */
	nanoseconds age() const noexcept
	{
		return nanoseconds(raw_.age);
	}

	/** ttl() - how long it will still live, or forever */
	nanoseconds ttl() const noexcept
	{
		return raw_.ttl == MSG_SLOT_FOREVER ? forever :
						      nanoseconds(raw_.ttl);
	}

	/** uid(), gid(), pid() - the author, as far as it can be seen from here */
	std::optional<std::uint32_t> uid() const noexcept
	{
		return unless(raw_.uid, MSG_SLOT_NO_ID);
	}

	std::optional<std::uint32_t> gid() const noexcept
	{
		return unless(raw_.gid, MSG_SLOT_NO_ID);
	}

	std::optional<std::uint32_t> pid() const noexcept
	{
		return unless(raw_.pid, 0);
	}

    private:
	static std::optional<std::uint32_t>
	unless(std::uint32_t number, std::uint32_t unknown) noexcept
	{
		if (number == unknown)
			return std::nullopt;
		return number;
	}

	msg_slot_record raw_;
};

/** class message - a message and its record */
class message : public record {
    public:
	message(const msg_slot_record &raw, std::string bytes)
		: record(raw)
		, bytes_(std::move(bytes))
	{
	}

	/** text() - its bytes, of any value, as long as the message is there */
	std::string_view text() const &noexcept
	{
		return bytes_;
	}

	/** text() - its bytes, of a message that is not kept */
	std::string text() &&
	{
		return std::move(bytes_);
	}

	std::size_t size() const noexcept
	{
		return bytes_.size();
	}

#if __cplusplus >= 202002L
	/** bytes() - its bytes, as long as the message is there */
	std::span<const std::byte> bytes() const &noexcept
	{
		return std::as_bytes(std::span(bytes_));
	}
#endif

	/** as() - the value that it is; wrong_size if it can't be one */
	template <typename T> T as() const
	{
		static_assert(detail::is_value<T>(),
			      "T must be trivially copyable, and no pointer");
		T value{};

		if (bytes_.size() != sizeof(T))
			detail::fail_size(channel(),
					  std::to_string(bytes_.size()),
					  sizeof(T));
		std::memcpy(&value, bytes_.data(), sizeof(T));
		return value;
	}

    private:
	std::string bytes_;
};

/**
 * class changes - what slot::commit() is to do, a channel once
 *
 *	slot.commit(msgslot::changes().put(7, "on").clear(8));
 *
 * Since version 1.4.
 */
class changes {
    public:
	/** put() - replace a channel's message; a copy of it is kept */
	changes &put(std::uint32_t channel, std::string_view message,
		     nanoseconds ttl = forever)
	{
		return add(channel, 0, std::string(message),
			   detail::time_to_live(ttl), 0);
	}

	/** put_bytes() - put() of @size bytes at @data */
	changes &put_bytes(std::uint32_t channel, const void *data,
			   std::size_t size, nanoseconds ttl = forever)
	{
		return put(channel, { static_cast<const char *>(data), size },
			   ttl);
	}

	/** put_if() - if the channel's version is @version, 0 for none */
	changes &put_if(std::uint32_t channel, std::string_view message,
			std::uint64_t version, nanoseconds ttl = forever)
	{
		return add(channel, MSG_SLOT_IF_VERSION, std::string(message),
			   detail::time_to_live(ttl), version);
	}

	/**
	 * put_frame() - replace a channel's message by a memfd with all seals
	 *
	 * It is not copied, and must stay open until the commit. See slot::put_frame().
	 * Since version 1.5.
	 */
	changes &put_frame(std::uint32_t channel, int memfd,
			   nanoseconds ttl = forever)
	{
		return add_frame(channel, 0, memfd, ttl, 0);
	}

	/** put_frame_if() - if the channel's version is @version, 0 for none */
	changes &put_frame_if(std::uint32_t channel, int memfd,
			      std::uint64_t version, nanoseconds ttl = forever)
	{
		return add_frame(channel, MSG_SLOT_IF_VERSION, memfd, ttl,
				 version);
	}

	/** clear() - take the message away, if there is one */
	changes &clear(std::uint32_t channel)
	{
		return add(channel, MSG_SLOT_CLEARS, {}, 0, 0);
	}

	/** clear_if() - if the channel's version is @version */
	changes &clear_if(std::uint32_t channel, std::uint64_t version)
	{
		return add(channel, MSG_SLOT_CLEARS | MSG_SLOT_IF_VERSION, {},
			   0, version);
	}

    private:
	friend class slot;

	changes &add(std::uint32_t channel, std::uint32_t flags,
		     std::string message, std::uint64_t ttl,
		     std::uint64_t version)
	{
		changes_.push_back(
			{ channel, flags, { nullptr }, 0, ttl, version });
		messages_.push_back(std::move(message));
		return *this;
	}

	changes &add_frame(std::uint32_t channel, std::uint32_t flags,
			   int memfd, nanoseconds ttl, std::uint64_t version)
	{
		add(channel, flags | MSG_SLOT_FRAME, {},
		    detail::time_to_live(ttl), version);
		changes_.back().memfd = memfd;
		return *this;
	}

	/* As the library takes them, for as long as this is there. */
	std::vector<msgslot_change> raw() const
	{
		std::vector<msgslot_change> raw = changes_;

		for (std::size_t i = 0; i < raw.size(); i++) {
			if (raw[i].flags & (MSG_SLOT_CLEARS | MSG_SLOT_FRAME))
				continue;
			raw[i].message = messages_[i].data();
			raw[i].size = messages_[i].size();
		}
		return raw;
	}

	std::vector<msgslot_change> changes_;
	std::vector<std::string> messages_;
};

/**
 * class frame - a frame and its record: its bytes mapped, read only, and not a copy
 *
 *	msgslot::frame picture = slot.get_frame(7);
 *
 * They are there as long as this is, and never change. Since version 1.5.
 */
class frame : public record {
    public:
	/** frame() - of a descriptor of it, which stays open */
	frame(const msg_slot_record &raw, int memfd)
		: record(raw)
		, data_(::mmap(nullptr, raw.size, PROT_READ, MAP_SHARED, memfd,
			       0))
	{
		if (data_ == MAP_FAILED)
			throw error(errno, "map a frame");
	}

	frame(frame &&other) noexcept
		: record(other),
		  data_(std::exchange(other.data_, MAP_FAILED))
	{
	}

	frame &operator=(frame &&other) noexcept
	{
		record::operator=(other);
		std::swap(data_, other.data_);
		std::swap(mapped_, other.mapped_);
		return *this;
	}

	~frame()
	{
		if (data_ != MAP_FAILED)
			::munmap(data_, mapped_);
	}

	const void *data() const noexcept
	{
		return data_;
	}

	std::size_t size() const noexcept
	{
		return raw().size;
	}

	/** text() - its bytes */
	std::string_view text() const noexcept
	{
		return { static_cast<const char *>(data_), size() };
	}

    private:
	void *data_;
	std::size_t mapped_ = raw().size;
};

/** class slot - an open slot; its descriptor is closed with it */
class slot {
    public:
	/**
	 * slot() - open a slot
	 *
	 * @name: "robot", as msgslot_open() has it, or its device file; @mode: O_RDONLY,
	 * O_WRONLY or O_RDWR
	 */
	explicit slot(const std::string &name, int mode = O_RDWR)
		: fd_(msgslot_open(name.c_str(), mode))
	{
		if (fd_ < 0)
			throw error(-fd_, name);
	}

	/**
	 * open_channel() - open one channel of a slot, for those who may use only this
	 *
	 * The slot is narrowed to it, and in it channel 0 is this one. @mode: as for
	 * slot(); with O_CREAT the channel's name is made if it is missing.
	 */
	static slot open_channel(const std::string &name,
				 const std::string &channel, int mode = O_RDWR)
	{
		const int fd = msgslot_open_channel(name.c_str(),
						    channel.c_str(), mode);

		if (fd < 0)
			throw error(-fd, name + ": channel " + channel);
		return slot(fd);
	}

	/** adopt() - a slot that was inherited or received, which will be closed */
	static slot adopt(int fd) noexcept
	{
		return slot(fd);
	}

	slot(slot &&other) noexcept : fd_(std::exchange(other.fd_, -1))
	{
	}

	slot &operator=(slot &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		return *this;
	}

	~slot()
	{
		if (fd_ >= 0)
			msgslot_close(fd_);
	}

	int fd() const noexcept
	{
		return fd_;
	}

	/** id() - the id of a channel's name; error (ENOENT) if there is no such name */
	std::uint32_t id(const std::string &name) const
	{
		std::uint32_t channel = 0;
		const int result =
			msgslot_channel_id(fd_, name.c_str(), &channel);

		if (result < 0)
			throw error(-result, "channel " + name);
		return channel;
	}

	/** name() - the name of a channel, if it has one that may be told */
	std::optional<std::string> name(std::uint32_t channel) const
	{
		std::string name(MSG_SLOT_LONGEST_NAME + 1, '\0');
		const ssize_t size = msgslot_channel_name(
			fd_, channel, name.data(), name.size());

		if (size < 0)
			return std::nullopt;
		name.resize(static_cast<std::size_t>(size));
		return name;
	}

	/** put() - replace a channel's message. Return: its version */
	std::uint64_t put(std::uint32_t channel, std::string_view message,
			  nanoseconds ttl = forever)
	{
		return put_bytes(channel, message.data(), message.size(), ttl);
	}

	/**
	 * put_if() - replace it if the channel's version is @version, 0 for none
	 *
	 * Else version_mismatch is thrown. Return: its version.
	 */
	std::uint64_t put_if(std::uint32_t channel, std::string_view message,
			     std::uint64_t version, nanoseconds ttl = forever)
	{
		const int result = msgslot_put_if(fd_, channel, message.data(),
						  message.size(),
						  detail::time_to_live(ttl),
						  &version);

		return changed(result, channel, version);
	}

#if __cplusplus >= 202002L
	std::uint64_t put(std::uint32_t channel,
			  std::span<const std::byte> message,
			  nanoseconds ttl = forever)
	{
		return put_bytes(channel, message.data(), message.size(), ttl);
	}
#endif

	/** put_bytes() - put() of @size bytes at @data */
	std::uint64_t put_bytes(std::uint32_t channel, const void *data,
				std::size_t size, nanoseconds ttl = forever)
	{
		std::uint64_t version = 0;
		const int result = msgslot_put(fd_, channel, data, size,
					       detail::time_to_live(ttl),
					       &version);

		return changed(result, channel, version);
	}

	/** get() - the channel's message; no_message if there is none */
	message get(std::uint32_t channel) const
	{
		return read(channel, [&](void *buf, std::size_t room,
					 msg_slot_record *record) {
			return msgslot_get(fd_, channel, buf, room, record);
		});
	}

	/** try_get() - the channel's message, if there is one */
	std::optional<message> try_get(std::uint32_t channel) const
	{
		try {
			return get(channel);
		} catch (const no_message &) {
			return std::nullopt;
		}
	}

	/**
	 * wait() - a message with a version above @newer_than, once there is one
	 *
	 * timed_out is thrown after @timeout.
	 */
	message wait(std::uint32_t channel, std::uint64_t newer_than = 0,
		     nanoseconds timeout = forever) const
	{
		const detail::deadline end(timeout);

		return read(channel, [&](void *buf, std::size_t room,
					 msg_slot_record *record) {
			return msgslot_wait(fd_, channel, newer_than,
					    end.rest(), buf, room, record);
		});
	}

	/** wait_change() - as wait(), or nothing once the message is gone */
	std::optional<message> wait_change(std::uint32_t channel,
					   std::uint64_t version,
					   nanoseconds timeout = forever) const
	{
		const detail::deadline end(timeout);
		message changed = read(channel, [&](void *buf, std::size_t room,
						    msg_slot_record *record) {
			return msgslot_wait_change(fd_, channel, version,
						   end.rest(), buf, room,
						   record);
		});

		if (!changed.has_message())
			return std::nullopt;
		return changed;
	}

	/**
	 * renew() - let the message that is there live for @ttl from now on
	 *
	 * Nothing else of it changes, and who waits or watches is not woken. no_message
	 * is thrown if there is none, as when its time is over. Return: its version.
	 */
	std::uint64_t renew(std::uint32_t channel, nanoseconds ttl = forever)
	{
		std::uint64_t version = 0;
		const int result = msgslot_renew(
			fd_, channel, detail::time_to_live(ttl), &version);

		return changed(result, channel, version);
	}

	/** renew_if() - if the channel's version is @version; else version_mismatch */
	std::uint64_t renew_if(std::uint32_t channel, std::uint64_t version,
			       nanoseconds ttl = forever)
	{
		const int result = msgslot_renew_if(
			fd_, channel, detail::time_to_live(ttl), &version);

		return changed(result, channel, version);
	}

	/**
	 * put_frame() - replace the message by a memfd with all seals, not copied
	 *
	 * The descriptor stays yours. See msgslot_put_frame() and msgslot_frame_seal().
	 * Since version 1.5. Return: its version.
	 */
	std::uint64_t put_frame(std::uint32_t channel, int memfd,
				nanoseconds ttl = forever)
	{
		std::uint64_t version = 0;
		const int result = msgslot_put_frame(fd_, channel, memfd,
						     detail::time_to_live(ttl),
						     &version);

		return changed(result, channel, version);
	}

	/** put_frame_if() - if the channel's version is @version; else version_mismatch */
	std::uint64_t put_frame_if(std::uint32_t channel, int memfd,
				   std::uint64_t version,
				   nanoseconds ttl = forever)
	{
		const int result = msgslot_put_frame_if(
			fd_, channel, memfd, detail::time_to_live(ttl),
			&version);

		return changed(result, channel, version);
	}

	/**
	 * get_frame() - the message as a frame, mapped
	 *
	 * no_message is thrown if there is none, an error of ENODATA if it is no frame, and
	 * get() has it. Since version 1.5.
	 */
	frame get_frame(std::uint32_t channel) const
	{
		msg_slot_record raw{};
		const int memfd = msgslot_get_frame(fd_, channel, &raw);

		if (memfd < 0)
			detail::fail(-memfd, channel);
		try {
			frame got(raw, memfd);

			::close(memfd);
			return got;
		} catch (...) {
			::close(memfd);
			throw;
		}
	}

	/** clear() - take the message away. Return: its version, 0: there was none */
	std::uint64_t clear(std::uint32_t channel)
	{
		std::uint64_t version = 0;
		const int result = msgslot_clear(fd_, channel, &version);

		return changed(result, channel, version);
	}

	/** clear_if() - if the channel's version is @version; else version_mismatch */
	std::uint64_t clear_if(std::uint32_t channel, std::uint64_t version)
	{
		const int result = msgslot_clear_if(fd_, channel, &version);

		return changed(result, channel, version);
	}

	/** snapshot() - those of up to 64 channels that have one, at one moment */
	std::vector<message>
	snapshot(const std::vector<std::uint32_t> &channels) const
	{
		std::vector<msg_slot_get> gets(channels.size());
		std::vector<std::string> texts(channels.size());
		std::vector<message> messages;
		std::size_t room = MSG_SLOT_MAX_MESSAGE;

		do {
			take(channels, room, gets, texts);
		} while (!fits(gets, room));
		for (std::size_t i = 0; i < gets.size(); i++) {
			if (gets[i].record.event != MSG_SLOT_WRITTEN)
				continue;
			texts[i].resize(gets[i].record.size);
			messages.emplace_back(gets[i].record,
					      std::move(texts[i]));
		}
		return messages;
	}

	/**
	 * commit() - make up to 64 changes, all of them or none; of no changes, nothing
	 *
	 * If a channel has another version than was given, commit_mismatch is thrown.
	 * Since version 1.4.
	 *
	 * Return: the versions, in the order of the changes: of what was put; or taken
	 * away, 0 where there was none.
	 */
	std::vector<std::uint64_t> commit(const changes &changes)
	{
		std::vector<msgslot_change> raw = changes.raw();
		std::vector<std::uint64_t> versions;
		std::size_t failed = 0;
		int result = 0;

		if (!raw.empty())
			result = msgslot_commit(fd_, raw.data(), raw.size(),
						&failed);
		for (const msgslot_change &change : raw)
			versions.push_back(change.version);
		if (result < 0)
			fail_commit(-result, raw, failed, std::move(versions));
		return versions;
	}

	/** narrow() - restrict the open file for good; @channel 0: all of them */
	void narrow(std::uint32_t channel, bool read_only = false)
	{
		detail::check(msgslot_restrict(fd_, channel,
					       read_only ? MSG_SLOT_READ_ONLY :
							   0),
			      "narrow");
	}

	msg_slot_limits limits() const
	{
		msg_slot_limits limits{};

		detail::check(msgslot_limits(fd_, &limits), "limits");
		return limits;
	}

	void set_limits(const msg_slot_limits &limits)
	{
		detail::check(msgslot_set_limits(fd_, &limits), "set limits");
	}

	msg_slot_usage usage() const
	{
		msg_slot_usage usage{};

		detail::check(msgslot_usage(fd_, &usage), "usage");
		return usage;
	}

	msg_slot_counters counters() const
	{
		msg_slot_counters counters{};

		detail::check(msgslot_counters(fd_, &counters), "counters");
		return counters;
	}

    private:
	explicit slot(int fd) noexcept : fd_(fd)
	{
	}

	static std::uint64_t changed(int result, std::uint32_t channel,
				     std::uint64_t version)
	{
		if (result == -ESTALE)
			throw version_mismatch(version,
					       mismatch(channel, version));
		if (result < 0)
			detail::fail(-result, channel);
		return version;
	}

	[[noreturn]] static void
	fail_commit(int number, const std::vector<msgslot_change> &changes,
		    std::size_t failed, std::vector<std::uint64_t> versions)
	{
		if (failed >= changes.size())
			throw error(number, "commit");
		const std::uint32_t channel = changes[failed].channel;
		const std::uint64_t version = changes[failed].version;
		if (number == ESTALE)
			throw commit_mismatch(channel, std::move(versions),
					      version,
					      mismatch(channel, version));
		detail::fail(number, channel);
	}

	static std::string mismatch(std::uint32_t channel,
				    std::uint64_t version)
	{
		return "channel " + std::to_string(channel) + " has version " +
		       std::to_string(version);
	}

	/* Makes the call with as much room as it needs, and again after signals. */
	template <typename Call>
	static message read(std::uint32_t channel, Call call)
	{
		std::string bytes(MSG_SLOT_MAX_MESSAGE, '\0');
		msg_slot_record record{};
		ssize_t size;

		for (;;) {
			size = call(bytes.data(), bytes.size(), &record);
			if (size == -ENOSPC)
				bytes.resize(record.size);
			else if (size != -EINTR)
				break;
		}
		if (size < 0)
			detail::fail(static_cast<int>(-size), channel);
		bytes.resize(static_cast<std::size_t>(size));
		return { record, std::move(bytes) };
	}

	void take(const std::vector<std::uint32_t> &channels, std::size_t room,
		  std::vector<msg_slot_get> &gets,
		  std::vector<std::string> &texts) const
	{
		for (std::size_t i = 0; i < channels.size(); i++) {
			texts[i].resize(room);
			gets[i] = msgslot_into(channels[i], texts[i].data(),
					       room);
		}
		detail::check(msgslot_snapshot(fd_, gets.data(), gets.size()),
			      "snapshot");
	}

	static bool fits(const std::vector<msg_slot_get> &gets,
			 std::size_t &room)
	{
		const std::size_t had = room;

		for (const msg_slot_get &get : gets)
			if (get.record.size > room)
				room = get.record.size;
		return room == had;
	}

	int fd_;
};

/** class claim - nobody else may write the channel while it lives */
class claim {
    public:
	/** claim() - at its end the message is taken away, or kept */
	claim(const slot &slot, std::uint32_t channel,
	      msg_slot_end end = MSG_SLOT_END_CLEAR)
		: claim(slot, channel, end, {})
	{
	}

	/** claim() - at its end @will becomes the message, however the end comes */
	claim(const slot &slot, std::uint32_t channel, std::string_view will)
		: claim(slot, channel, MSG_SLOT_END_WILL, will)
	{
	}

	claim(claim &&other) noexcept : fd_(std::exchange(other.fd_, -1)),
					channel_(other.channel_)
	{
	}

	claim &operator=(claim &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		std::swap(channel_, other.channel_);
		return *this;
	}

	~claim()
	{
		if (fd_ >= 0)
			msgslot_release(fd_, channel_);
	}

    private:
	claim(const slot &slot, std::uint32_t channel, msg_slot_end end,
	      std::string_view will)
		: fd_(slot.fd())
		, channel_(channel)
	{
		const int result = msgslot_claim(
			fd_, channel, end,
			end == MSG_SLOT_END_WILL ? will.data() : nullptr,
			will.size());

		if (result < 0)
			detail::fail(-result, channel);
	}

	int fd_; /* the slot's, which must outlive the claim */
	std::uint32_t channel_;
};

/** class event - what a watch tells; its text is the watch's, up to the next call */
class event : public record {
    public:
	explicit event(const msgslot_event &raw) noexcept
		: record(raw.record),
		  text_(static_cast<const char *>(raw.message), raw.record.size)
	{
	}

	std::string_view text() const noexcept
	{
		return text_;
	}

    private:
	std::string_view text_;
};

/** class watch - tells what there is in a slot, and then what changes */
class watch {
    public:
	/**
	 * watch() - of these channels, or of the whole slot
	 *
	 * @flags: MSG_SLOT_WATCH_CHANGES: not first what is there;
	 * MSG_SLOT_WATCH_PRESENT: an event of the kind MSG_SLOT_PRESENT when all that
	 * was there has been told; or both
	 */
	explicit watch(const slot &slot,
		       const std::vector<std::uint32_t> &channels = {},
		       std::uint32_t flags = 0)
	{
		detail::check(msgslot_watch_open_with(
				      slot.fd(), channels.data(),
				      channels.size(), flags, &watch_),
			      "watch");
	}

	watch(watch &&other) noexcept
		: watch_(std::exchange(other.watch_, nullptr))
	{
	}

	watch &operator=(watch &&other) noexcept
	{
		std::swap(watch_, other.watch_);
		return *this;
	}

	~watch()
	{
		msgslot_watch_close(watch_);
	}

	/** fd() - for poll(); then take next(0s) until there is none */
	int fd() const noexcept
	{
		return msgslot_watch_fd(watch_);
	}

	/** next() - the next event, if one comes in that time */
	std::optional<event> next(nanoseconds timeout = forever)
	{
		const detail::deadline end(timeout);
		msgslot_event raw{};
		int result;

		do {
			result = msgslot_watch_next(watch_, end.rest(), &raw);
		} while (result == -EINTR);
		detail::check(result, "watch");
		if (!result)
			return std::nullopt;
		return event(raw);
	}

    private:
	msgslot_watch *watch_ = nullptr;
};

/** class view - a slot's messages in this process's memory, read only */
class view {
    public:
	explicit view(const slot &slot)
	{
		detail::check(msgslot_view_open(slot.fd(), &view_), "view");
	}

	view(view &&other) noexcept : view_(std::exchange(other.view_, nullptr))
	{
	}

	view &operator=(view &&other) noexcept
	{
		std::swap(view_, other.view_);
		return *this;
	}

	~view()
	{
		msgslot_view_close(view_);
	}

	msgslot_view *get() const noexcept
	{
		return view_;
	}

    private:
	msgslot_view *view_ = nullptr;
};

/**
 * class reader - reads a channel whose messages are values of a type, without a
 * system call
 *
 * The view must outlive it.
 */
template <typename T> class reader {
	static_assert(detail::is_value<T>(),
		      "T must be trivially copyable, and no pointer");

    public:
	reader(const view &view, std::uint32_t channel)
	{
		detail::check(msgslot_reader_init(&reader_, view.get(),
						  channel),
			      "reader");
	}

	/** get() - the value; no_message or wrong_size is thrown if there is none */
	T get(msgslot_info *info = nullptr)
	{
		T value{};

		check(msgslot_reader_get(&reader_, &value, sizeof(T), info));
		return value;
	}

	/** try_get() - the value, if there is a message */
	std::optional<T> try_get(msgslot_info *info = nullptr)
	{
		T value{};
		const ssize_t size =
			msgslot_reader_get(&reader_, &value, sizeof(T), info);

		if (size == -EWOULDBLOCK)
			return std::nullopt;
		check(size);
		return value;
	}

    private:
	void check(ssize_t size) const
	{
		if (size == static_cast<ssize_t>(sizeof(T)))
			return;
		if (size >= 0)
			detail::fail_size(reader_.channel, std::to_string(size),
					  sizeof(T));
		if (size == -ENOSPC)
			detail::fail_size(reader_.channel, "more", sizeof(T));
		detail::fail(static_cast<int>(-size), reader_.channel);
	}

	msgslot_reader reader_;
};

/**
 * class writer - writes values of a type to a channel
 *
 * Padding between members is written, too: it shows what was in memory. The slot must
 * outlive it.
 */
template <typename T> class writer {
	static_assert(detail::is_value<T>(),
		      "T must be trivially copyable, and no pointer");

    public:
	/** writer() - error (EMSGSIZE) if the slot does not take values so large */
	writer(slot &slot, std::uint32_t channel, nanoseconds ttl = forever)
		: slot_(&slot)
		, channel_(channel)
		, ttl_(ttl)
	{
		msg_slot_limits limits{};

		detail::time_to_live(ttl);
		/* A descriptor that was narrowed does not tell them. */
		if (!msgslot_limits(slot.fd(), &limits) &&
		    sizeof(T) > limits.max_message)
			detail::fail(EMSGSIZE, channel);
	}

	/** put() - Return: the message's version */
	std::uint64_t put(const T &value)
	{
		return slot_->put_bytes(channel_, &value, sizeof(T), ttl_);
	}

    private:
	slot *slot_;
	std::uint32_t channel_;
	nanoseconds ttl_;
};

/**
 * class owner - claims a channel, and writes values of a type to it, without a system call
 *
 * The channel is nobody else's to write while it lives. Padding is written, as by
 * msgslot::writer. The slot may go before it. Since version 1.3.
 */
template <typename T> class owner {
	static_assert(detail::is_value<T>(),
		      "T must be trivially copyable, and no pointer");

    public:
	/**
	 * owner() - at its end the message is kept, or taken away
	 *
	 * @flags: MSGSLOT_WRITER_TIMES: take the time of each message from the clock
	 */
	owner(const slot &slot, std::uint32_t channel,
	      msg_slot_end end = MSG_SLOT_END_KEEP, std::uint32_t flags = 0)
		: owner(slot, channel, end, {}, flags)
	{
	}

	/** owner() - at its end @will becomes the message, however the end comes */
	owner(const slot &slot, std::uint32_t channel, std::string_view will,
	      std::uint32_t flags = 0)
		: owner(slot, channel, MSG_SLOT_END_WILL, will, flags)
	{
	}

	owner(owner &&other) noexcept
		: writer_(std::exchange(other.writer_, nullptr)),
		  channel_(other.channel_)
	{
	}

	owner &operator=(owner &&other) noexcept
	{
		std::swap(writer_, other.writer_);
		std::swap(channel_, other.channel_);
		return *this;
	}

	~owner()
	{
		msgslot_writer_close(writer_);
	}

	/** has_lane() - whether values go without a system call */
	bool has_lane() const noexcept
	{
		return msgslot_writer_has_lane(writer_);
	}

	void put(const T &value)
	{
		check(msgslot_writer_put(writer_, &value, sizeof(T)));
	}

	/** put() - a value that lives so long */
	void put(const T &value, nanoseconds ttl)
	{
		check(msgslot_writer_put_with(writer_, &value, sizeof(T),
					      detail::time_to_live(ttl), 0));
	}

    private:
	owner(const slot &slot, std::uint32_t channel, msg_slot_end end,
	      std::string_view will, std::uint32_t flags)
		: channel_(channel)
	{
		check(msgslot_writer_open_with(
			slot.fd(), channel, end,
			end == MSG_SLOT_END_WILL ? will.data() : nullptr,
			will.size(), flags, &writer_));
	}

	void check(int result) const
	{
		if (result < 0)
			detail::fail(-result, channel_);
	}

	msgslot_writer *writer_ = nullptr;
	std::uint32_t channel_;
};

} /* namespace msgslot */

#endif /* MSGSLOT_HPP */
