// SPDX-License-Identifier: GPL-2.0
/*
 * values SLOT: a program of somebody else's by <msgslot.hpp>, in C++17 and C++20.
 * Says which of its checks failed, and at the end how many held.
 */
#include <msgslot.hpp>

#include <array>
#include <iostream>
#include <sys/mman.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace
{

int held, failed;

void check(bool holds, const char *what, int line)
{
	if (holds)
		held++;
	else
		failed++;
	if (!holds)
		std::cout << "line " << line << ": " << what << "\n";
}

#define CHECK(condition) check(condition, #condition, __LINE__)

/* Whether it throws that, and the error number if that is an error. */
template <typename Thrown, typename Act> bool throws(Act act, int number = 0)
{
	try {
		act();
	} catch (const msgslot::error &thrown) {
		return dynamic_cast<const Thrown *>(&thrown) &&
		       (!number || thrown.code().value() == number);
	} catch (const std::exception &thrown) {
		return dynamic_cast<const Thrown *>(&thrown) && !number;
	}
	return false;
}

/* Whether what it throws has these words. */
template <typename Act> bool says(const std::string &words, Act act)
{
	try {
		act();
	} catch (const std::exception &thrown) {
		return std::string(thrown.what()).find(words) !=
		       std::string::npos;
	}
	return false;
}

struct position {
	double x, y;
};

void put_and_get(msgslot::slot &slot)
{
	const std::uint64_t version = slot.put(7, "hello");
	const msgslot::message message = slot.get(7);

	CHECK(message.text() == "hello" && slot.get(7).text() == "hello");
	CHECK(message.version() == version && message.channel() == 7);
	CHECK(message.has_message() && message.ttl() == msgslot::forever);
	CHECK(message.uid() && message.gid() && message.pid());
	CHECK(message.age() >= std::chrono::seconds::zero() &&
	      message.age() < 1h);
	CHECK(std::chrono::system_clock::now() - message.written() < 1h);
	CHECK(throws<msgslot::no_message>([&] { slot.get(8); }, EWOULDBLOCK));
	CHECK(!slot.try_get(8) && slot.try_get(7)->size() == 5);
	CHECK(throws<msgslot::error>([&] { slot.put(7, ""); }, EMSGSIZE));
	slot.put(9, std::string_view("a\0b", 3), 1h);
	CHECK(slot.get(9).text() == std::string_view("a\0b", 3));
	CHECK(slot.get(9).ttl() > std::chrono::minutes(59) &&
	      slot.get(9).ttl() <= 1h);
	CHECK(throws<std::invalid_argument>([&] { slot.put(7, "no", 0s); }));
	CHECK(throws<std::invalid_argument>([&] { slot.put(7, "no", -1s); }));
	CHECK(slot.get(7).text() == "hello");
	CHECK(slot.clear(7) == version && slot.clear(7) == 0);
}

void condition(msgslot::slot &slot)
{
	const std::uint64_t version = slot.put_if(7, "first", 0);
	std::uint64_t found = 0;

	try {
		slot.put_if(7, "second", 0);
	} catch (const msgslot::version_mismatch &other) {
		found = other.version();
	}
	CHECK(found == version);
	CHECK(slot.put_if(7, "second", version) > version);
	CHECK(throws<msgslot::version_mismatch>(
		[&] { slot.clear_if(7, version); }, ESTALE));
	CHECK(slot.clear_if(7, slot.get(7).version()) > version);
}

void renew(msgslot::slot &slot)
{
	const std::uint64_t version = slot.put(7, "here", 1h);

	CHECK(slot.renew(7, 2h) == version && slot.get(7).ttl() > 1h);
	CHECK(slot.renew_if(7, version) == version);
	CHECK(slot.get(7).ttl() == msgslot::forever);
	CHECK(throws<msgslot::version_mismatch>(
		[&] { slot.renew_if(7, version + 1, 1ns); }, ESTALE));
	CHECK(throws<std::invalid_argument>([&] { slot.renew(7, 0s); }));
	CHECK(slot.get(7).text() == "here");
	slot.renew(7, 1ns);
	CHECK(!slot.try_get(7));
	CHECK(throws<msgslot::no_message>([&] { slot.renew(7); }, EWOULDBLOCK));
}

void wait(msgslot::slot &slot)
{
	const std::uint64_t version = slot.put(7, "there");

	CHECK(slot.wait(7).text() == "there");
	CHECK(throws<msgslot::timed_out>([&] { slot.wait(7, version, 1ms); },
					 ETIMEDOUT));
	CHECK(throws<std::invalid_argument>([&] { slot.wait(7, 0, -1s); }));
	slot.clear(7);
	CHECK(!slot.wait_change(7, version, 1h));
	slot.put(7, "back");
	CHECK(slot.wait_change(7, version, 1h)->text() == "back");
}

void claim(msgslot::slot &slot, const char *path)
{
	msgslot::slot other(path);

	{
		const msgslot::claim mine(slot, 7, "the will");
		msgslot::claim moved(slot, 8, MSG_SLOT_END_KEEP);
		const msgslot::claim last(std::move(moved));

		CHECK(throws<msgslot::claimed>([&] { other.put(7, "no"); },
					       EBUSY));
		CHECK(throws<msgslot::claimed>(
			[&] { msgslot::claim(other, 8); }, EBUSY));
		slot.put(8, "kept");
	}
	CHECK(other.get(7).text() == "the will");
	CHECK(other.get(8).text() == "kept");
	CHECK(other.put(7, "now") > 0);
}

void move(const char *path)
{
	msgslot::slot first(path), second(path, O_RDONLY);
	msgslot::slot third(std::move(first));
	msgslot::slot adopted = msgslot::slot::adopt(dup(third.fd()));

	CHECK(first.fd() == -1 && third.fd() >= 0);
	CHECK(throws<msgslot::error>([&] { second.put(7, "no"); }, EBADF));
	second = std::move(third);
	CHECK(second.put(7, "yes") > 0);
	CHECK(adopted.get(7).text() == "yes");
	adopted.narrow(7, true);
	CHECK(throws<msgslot::error>([&] { adopted.get(8); }, EPERM));
	CHECK(throws<msgslot::error>([&] { adopted.put(7, "no"); }, EPERM));
}

void several(msgslot::slot &slot)
{
	std::vector<msgslot::message> all;

	slot.put(11, "eleven");
	slot.put(13, "thirteen");
	slot.clear(12);
	all = slot.snapshot({ 11, 12, 13 });
	CHECK(all.size() == 2 && all[0].text() == "eleven" &&
	      all[1].channel() == 13);
	CHECK(throws<msgslot::error>(
		[&] { slot.snapshot(std::vector<std::uint32_t>(65, 1)); },
		EINVAL));
}

int sealed_memfd(const std::string &text)
{
	const int memfd = memfd_create("frame", MFD_ALLOW_SEALING);
	const auto n = static_cast<ssize_t>(text.size());

	CHECK(write(memfd, text.data(), text.size()) == n);
	CHECK(!msgslot_frame_seal(memfd));
	return memfd;
}

void frames(msgslot::slot &slot)
{
	const std::string text(100000, 'x');
	const int memfd = sealed_memfd(text);
	std::uint64_t version = slot.put_frame(41, memfd);

	{
		msgslot::frame got = slot.get_frame(41);
		CHECK(got.text() == text && got.size() == text.size());
		CHECK(got.version() == version && got.channel() == 41);
		version = slot.put_frame_if(41, sealed_memfd("other"), version,
					    1h);
		CHECK(got.text() == text);
		msgslot::frame moved = std::move(got);
		CHECK(moved.text() == text);
		moved = slot.get_frame(41);
		CHECK(moved.text() == "other" && moved.ttl() <= 1h);
	}
	CHECK(slot.get(41).text() == "other");
	CHECK(throws<msgslot::version_mismatch>(
		[&] { slot.put_frame_if(41, memfd, version + 1); }, ESTALE));
	CHECK(throws<msgslot::error>([&] { slot.put_frame(41, -1); }, EBADF));
	CHECK(throws<msgslot::error>([&] { slot.put_frame(41, 0); }, EINVAL));
	slot.put(41, "text");
	CHECK(throws<msgslot::error>([&] { slot.get_frame(41); }, ENODATA));
	slot.clear(41);
	CHECK(throws<msgslot::no_message>([&] { slot.get_frame(41); }));
	close(memfd);
}

void commit_frames(msgslot::slot &slot)
{
	const int memfd = sealed_memfd(std::string(5000, 'x'));
	const msgslot::changes changes =
		msgslot::changes()
			.put(42, "text")
			.put_frame_if(41, memfd, 0, 1h);

	slot.commit(changes);
	CHECK(slot.get_frame(41).text() == std::string(5000, 'x'));
	CHECK(slot.get_frame(41).ttl() <= 1h && slot.get(42).text() == "text");
	CHECK(throws<msgslot::version_mismatch>([&] { slot.commit(changes); },
						ESTALE));
	slot.commit(msgslot::changes().clear(42).put_frame(41, memfd));
	CHECK(slot.get_frame(41).ttl() == msgslot::forever);
	const msgslot::changes wrong = msgslot::changes().put_frame(41, -1);
	CHECK(throws<msgslot::error>([&] { slot.commit(wrong); }, EBADF));
	slot.clear(41);
	close(memfd);
}

void commit(msgslot::slot &slot)
{
	msgslot::changes changes;
	std::vector<std::uint64_t> versions;

	CHECK(slot.commit(changes).empty());
	slot.put(33, "old");
	changes.put(31, std::string("thirty-one")).put_if(32, "b", 0, 1h);
	versions = slot.commit(changes.clear(33));
	CHECK(versions.size() == 3 && versions[0] == slot.get(31).version());
	CHECK(slot.get(31).text() == "thirty-one" && !slot.try_get(33));
	CHECK(slot.get(31).ttl() == msgslot::forever &&
	      slot.get(32).ttl() <= 1h);
	try {
		slot.commit(msgslot::changes()
				    .put(34, "no")
				    .clear_if(32, versions[1] + 1)
				    .put(31, "no"));
		CHECK(false);
	} catch (const msgslot::commit_mismatch &other) {
		CHECK(other.channel() == 32 && other.version() == versions[1]);
		CHECK(other.versions() ==
		      std::vector<std::uint64_t>(
			      { 0, versions[1], versions[0] }));
	}
	CHECK(!slot.try_get(34));
	CHECK(throws<msgslot::version_mismatch>([&] { slot.commit(changes); },
						ESTALE));
	CHECK(throws<msgslot::error>(
		[&] { slot.commit(msgslot::changes().put(31, "")); },
		EMSGSIZE));
	CHECK(throws<msgslot::error>(
		[&] { slot.commit(msgslot::changes().clear(31).clear(31)); },
		EINVAL));
	CHECK(says("channel 32 has version", [&] { slot.commit(changes); }));
	CHECK(throws<std::invalid_argument>(
		[&] { msgslot::changes().put(31, "x", 0s); }));
	for (std::uint32_t i = 100; i < 165; i++)
		changes.clear(i);
	CHECK(throws<msgslot::error>([&] { slot.commit(changes); }, EINVAL));
	const position at = { 1, 2 };
	slot.commit(msgslot::changes().put_bytes(31, &at, sizeof(at)));
	CHECK(slot.get(31).as<position>().y == 2);
	versions = slot.commit(msgslot::changes().clear(31).clear_if(
		32, slot.get(32).version()));
	CHECK(versions[0] && !slot.try_get(31) && !slot.try_get(32));
}

void large(msgslot::slot &slot)
{
	msg_slot_limits limits = slot.limits();
	const std::string text(100000, 'x');

	CHECK(throws<msgslot::error>(
		[&] { msgslot::writer<std::array<char, 129> >(slot, 14); },
		EMSGSIZE));
	limits.max_message = 100000;
	slot.set_limits(limits);
	slot.put(14, text);
	CHECK(slot.get(14).text() == text);
	CHECK(slot.snapshot({ 14, 11 })[0].text() == text);
	CHECK(slot.usage().channels > 1 && slot.usage().bytes > 100000);
	const std::uint64_t clears = slot.counters().clears;

	slot.clear(14);
	CHECK(slot.counters().clears == clears + 1);
	CHECK(slot.counters().max_message == 100000);
}

void watch(msgslot::slot &slot)
{
	msgslot::watch watch(slot, { 7, 11 });
	std::optional<msgslot::event> event;

	slot.put(7, "seven");
	slot.put(11, "eleven");
	while (watch.next(0s))
		;
	slot.clear(11);
	event = watch.next(1h);
	CHECK(event && event->channel() == 11 && !event->has_message() &&
	      event->kind() == MSG_SLOT_CLEARED);
	slot.put(7, "again");
	msgslot::watch moved(std::move(watch));
	event = moved.next(1h);
	CHECK(event && event->text() == "again" && moved.fd() >= 0);
	while (moved.next(1ms))
		;
	CHECK(!moved.next(1ms));
}

void watch_present(msgslot::slot &slot)
{
	msgslot::watch changes(slot, { 7 },
			       MSG_SLOT_WATCH_CHANGES | MSG_SLOT_WATCH_PRESENT);
	msgslot::watch all(slot, { 7 }, MSG_SLOT_WATCH_PRESENT);
	std::optional<msgslot::event> event;

	event = changes.next(0s);
	CHECK(event && event->kind() == MSG_SLOT_PRESENT &&
	      !event->has_message() && event->text().empty());
	CHECK(!changes.next(0s));
	event = all.next(0s);
	CHECK(event && event->text() == "again");
	event = all.next(0s);
	CHECK(event && event->kind() == MSG_SLOT_PRESENT);
	CHECK(throws<msgslot::error>([&] { msgslot::watch(slot, {}, 4); },
				     EINVAL));
}

void value(msgslot::slot &slot)
{
	msgslot::view view(slot);
	msgslot::writer<position> writer(slot, 21, 1h);
	msgslot::reader<position> reader(view, 21);
	msgslot_info info{};

	CHECK(!reader.try_get());
	CHECK(throws<msgslot::no_message>([&] { reader.get(); }, EWOULDBLOCK));
	const std::uint64_t version = writer.put({ 1, 2 });
	const position read = reader.get(&info);
	CHECK(read.x == 1 && read.y == 2 && info.version == version);
	CHECK(reader.try_get()->y == 2 && slot.get(21).as<position>().x == 1);
	CHECK(slot.get(21).ttl() <= 1h);
	for (const char *size : { "short", "longer than a position is" }) {
		slot.put(21, size);
		CHECK(throws<msgslot::wrong_size>([&] { reader.get(); },
						  EBADMSG));
		CHECK(throws<msgslot::wrong_size>([&] { reader.try_get(); }));
		CHECK(throws<msgslot::wrong_size>(
			[&] { slot.get(21).as<position>(); }));
	}
	CHECK(says("channel 21: the message has 25 bytes, the type 16",
		   [&] { slot.get(21).as<position>(); }));
	CHECK(says("has more bytes, the type 16", [&] { reader.get(); }));
	CHECK(throws<msgslot::error>([&] { msgslot::reader<int>(view, 0); },
				     EINVAL));
	CHECK(throws<std::invalid_argument>(
		[&] { msgslot::writer<int>(slot, 21, 0s); }));
#if __cplusplus >= 202002L
	const std::array<std::byte, 2> bytes{ std::byte{ 1 }, std::byte{ 2 } };
	const msgslot::message message = (slot.put(22, bytes), slot.get(22));
	CHECK(message.bytes().size() == 2 &&
	      message.bytes()[1] == std::byte{ 2 });
#endif
}

void own(msgslot::slot &slot, const char *path)
{
	msgslot::slot other(path);
	const msgslot::view view(other);
	msgslot::reader<position> reader(view, 23);

	{
		msgslot::owner<position> owner(slot, 23);
		msgslot::owner<position> moved(std::move(owner));

		CHECK(moved.has_lane());
		for (int i = 1; i < 100; i++) {
			moved.put({ 1.0 * i, 2 });
			CHECK(reader.get().x == i);
		}
		moved.put({ 3, 4 }, std::chrono::hours(1));
		CHECK(other.get(23).ttl() <= std::chrono::hours(1) &&
		      other.get(23).as<position>().y == 4);
		auto put_for_no_time = [&] { moved.put({ 0, 0 }, 0s); };
		CHECK(throws<std::invalid_argument>(put_for_no_time));
		CHECK(throws<msgslot::claimed>([&] { other.put(23, "no"); },
					       EBUSY));
		CHECK(throws<msgslot::error>(
			[&] { msgslot::owner<int>(slot, 23); }, EEXIST));
		CHECK(throws<msgslot::claimed>(
			[&] { msgslot::owner<int>(other, 23); }, EBUSY));
		CHECK(throws<msgslot::error>(
			[&] {
				msgslot::owner<int>(slot, 24, MSG_SLOT_END_KEEP,
						    2);
			},
			EINVAL));
	}
	CHECK(reader.get().x == 3);
	msgslot::owner<position>(slot, 23, "the will").put({ 5, 6 });
	CHECK(other.get(23).text() == "the will");
	msgslot::owner<position>(slot, 23, MSG_SLOT_END_CLEAR).put({ 7, 8 });
	CHECK(!other.try_get(23));
}

/* Of the slot at @path, as it is a device or has names. */
void names(msgslot::slot &slot, const char *path)
{
	msgslot::slot seven = msgslot::slot::open_channel(path, "7");

	CHECK(slot.id("7") == 7);
	CHECK(throws<msgslot::error>([&] { slot.id("a//b"); }, EINVAL));
	CHECK(!slot.name(7));
	seven.put(0, "seven");
	CHECK(slot.get(7).text() == "seven");
	CHECK(throws<msgslot::error>([&] { seven.get(8); }, EPERM));
	try {
		msgslot::slot named = msgslot::slot::open_channel(
			path, "arm/left", O_RDWR | O_CREAT);

		CHECK(slot.name(slot.id("arm/left")) == "arm/left");
		named.put(0, "named");
		CHECK(slot.get(slot.id("arm/left")).text() == "named");
	} catch (const msgslot::error &thrown) {
		CHECK(thrown.code().value() == EINVAL);
	}
}

} /* namespace */

int main(int argc, char *argv[])
{
	const char *path = argc > 1 ? argv[1] : "";

	try {
		msgslot::slot slot(path);

		put_and_get(slot);
		condition(slot);
		renew(slot);
		wait(slot);
		slot.clear(7);
		claim(slot, path);
		move(path);
		several(slot);
		commit(slot);
		commit_frames(slot);
		frames(slot);
		large(slot);
		watch(slot);
		watch_present(slot);
		value(slot);
		own(slot, path);
		names(slot, path);
	} catch (const std::exception &thrown) {
		std::cerr << "values: " << thrown.what() << "\n";
		return 1;
	}
	std::cout << held << " held, " << failed << " failed\n";
	return failed ? 1 : 0;
}
