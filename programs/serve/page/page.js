// SPDX-License-Identifier: GPL-2.0
// A live table of a slot's channels. The server is asked for the rows that can be seen, and
// then for what changes of them. Whatever comes from a slot is set as text, never as HTML.
'use strict';

const ROW = 26;			// pixels, as in the style
const FRAME = 50;		// milliseconds: at most 20 frames a second
const KEPT = 10 * 60 * 1000;	// how long the plot's points are kept
const MOST_POINTS = 6000;
// Browsers know no higher elements.
const HIGHEST = 8000000;

const $ = id => document.getElementById(id);
const state = {
	slot: '', search: '', prefix: '', total: 0, from: 0, count: 60,
	after: 0, generation: 0, epoch: '',
	rows: new Map(),	// by index: what was told of the channel there
	elements: new Map(),	// by index: what shows it
	rates: new Map(),	// by channel: of its last change
	selected: null, wanted: null, points: [], token: sessionStorage.getItem('token') || '',
	asked: null, asks: 0, failed: false,
};

function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

function say(text, bad) {
	setText($('state'), text);
	$('state').classList.toggle('bad', bad);
}

// Values

const escapes = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

// Control characters, and those that turn the direction of text, are shown as escapes.
function printable(text) {
	return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, c =>
		escapes[c] || (c.codePointAt(0) < 256 ?
			'\\x' + c.codePointAt(0).toString(16).padStart(2, '0') :
			'\\u{' + c.codePointAt(0).toString(16) + '}'));
}

function hex(base64) {
	return Array.from(atob(base64), c => c.charCodeAt(0).toString(16).padStart(2, '0')).join(' ');
}

function valueOf(row) {
	if (row.event !== 'written')
		return '(' + row.event + ')';
	if (row.frame)
		return '(frame, ' + row.size + ' bytes)';
	const text = row.message_base64 === undefined ? printable(row.message) : hex(row.message_base64);
	return row.size > 256 ? text + '… (' + row.size + ' bytes)' : text;
}

function numberOf(row) {
	const text = typeof row.message === 'string' ? row.message.trim() : '';
	return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

function duration(ms) {
	const s = Math.max(0, ms) / 1000;
	if (s < 60)
		return s.toFixed(1) + 's';
	if (s < 3600)
		return Math.floor(s / 60) + 'm' + String(Math.floor(s % 60)).padStart(2, '0') + 's';
	if (s < 86400)
		return Math.floor(s / 3600) + 'h' + String(Math.floor(s / 60 % 60)).padStart(2, '0') + 'm';
	return Math.floor(s / 86400) + 'd' + String(Math.floor(s / 3600 % 24)).padStart(2, '0') + 'h';
}

const nameOf = row => row.name === undefined || row.name === null ? String(row.channel) : row.name;
const authorOf = row => row.event !== 'written' ? '' : (row.pid || '-') + '/' + (row.uid === null ? '-' : row.uid);

// The server

async function ask(path, options) {
	const headers = state.token ? { Authorization: 'Bearer ' + state.token } : {};
	const response = await fetch(path, { headers, cache: 'no-store', ...options });
	$('ask').hidden = response.status !== 401;
	if (!response.ok) {
		const problem = await response.json().catch(() => ({}));
		throw new Error(problem.detail || response.statusText);
	}
	return response.json();
}

const tablePath = () => 'v1/slots/' + encodeURIComponent(state.slot) + '/table';

function query() {
	const parameters = new URLSearchParams({
		from: state.from, count: state.count, after: state.after,
		generation: state.generation,
		// What has a time to live may be renewed, and claims begin, which is not told.
		timeout: [...state.rows.values()].some(row => row.ttl_ns) ? '1s' : '3s',
	});
	if (state.search)
		parameters.set('search', state.search);
	if (state.prefix)
		parameters.set('prefix', state.prefix);
	if (state.selected)
		parameters.set('pin', state.selected.channel);
	return parameters;
}

function noteRate(row, now) {
	const last = state.rates.get(row.channel);
	if (!last || row.version < last.version) {
		state.rates.set(row.channel, { version: row.version, at: now, rate: null });
	} else if (row.version > last.version && now - last.at >= 500) {
		last.rate = (row.version - last.version) * 1000 / (now - last.at);
		last.version = row.version;
		last.at = now;
	}
	if (state.rates.size > 2000)
		state.rates.delete(state.rates.keys().next().value);
}

function addPoint(row) {
	const number = numberOf(row);
	if (number === null)
		return;
	state.points.push({ at: Date.now(), number });
	while (state.points.length > MOST_POINTS || state.points[0].at < Date.now() - KEPT)
		state.points.shift();
}

function takeRow(row, now) {
	const before = state.rows.get(row.index);
	row.told = now;
	row.fresh = before && before.channel === row.channel && before.version !== row.version ? now : 0;
	noteRate(row, now);
	state.rows.set(row.index, row);
}

function select(row) {
	if (!state.selected || state.selected.channel !== row.channel)
		state.points = [];
	if (!state.selected || state.selected.version !== row.version)
		addPoint(row);
	state.selected = row;
}

function take(table) {
	const now = performance.now();
	if (table.epoch !== state.epoch || table.all)
		state.rows.clear();
	state.epoch = table.epoch;
	state.after = table.sequence;
	state.generation = table.generation;
	state.total = table.total;
	showClaims(table.claims);
	for (const row of table.rows) {
		takeRow(row, now);
		if (state.selected && state.selected.channel === row.channel)
			select(row);
	}
	if (table.pinned && state.selected) {
		table.pinned.told = now;
		select(table.pinned);
	}
	if (table.groups)
		showGroups(table.groups);
	show();
	if (state.wanted !== null)
		jump(state.wanted);
}

// What is asked for changed: the answer that is waited for is of no use.
function renew(all) {
	if (all) {
		state.rows.clear();
		state.after = 0;
		state.generation = 0;
	}
	if (state.asked)
		state.asked.abort();
}

const pause = ms => new Promise(done => setTimeout(done, ms));

async function follow() {
	for (;;) {
		const begun = performance.now();
		const asked = state.asked = new AbortController();
		try {
			if (!state.slot)
				await loadSlots();
			const table = await ask(tablePath() + '?' + query(), { signal: asked.signal });
			if (!asked.signal.aborted) {
				// A server that was started again counts anew.
				if (state.epoch && table.epoch !== state.epoch && !table.all) {
					renew(true);
					continue;
				}
				take(table);
				say(state.failed ? 'reconnected' : 'live', false);
				if (state.failed)
					setTimeout(() => say('live', false), 3000);
				state.failed = false;
			}
		} catch (error) {
			if (!asked.signal.aborted) {
				state.failed = true;
				state.generation = 0;
				say(error instanceof TypeError ? 'no connection, trying again' : error.message, true);
				await pause(1000);
			}
		}
		await pause(Math.max(0, FRAME - (performance.now() - begun)));
	}
}

async function loadSlots() {
	const { slots } = await ask('v1/slots');
	$('slot').replaceChildren(...slots.map(({ name }) => new Option(name, name)));
	const wanted = decodeURIComponent(location.hash.slice(1));
	state.slot = slots.some(({ name }) => name === wanted) ? wanted : slots[0].name;
	$('slot').value = state.slot;
}

// The table

const columns = ['name', 'value', 'age', 'left', 'version', 'rate', 'author'];

function makeRow(index) {
	const element = document.createElement('div');
	element.className = 'row';
	element.setAttribute('role', 'row');
	for (const column of columns) {
		const cell = element.appendChild(document.createElement('span'));
		cell.className = column;
		cell.setAttribute('role', 'gridcell');
	}
	element.addEventListener('click', () => choose(Number(element.dataset.index)));
	element.dataset.index = index;
	return element;
}

// Where there are more rows than fit in the highest element, it is scrolled in proportion.
const height = () => Math.min(state.total * ROW, HIGHEST);

// Of a row, in what it is scrolled by.
function rowHeight() {
	const room = $('rows').clientHeight;
	return state.total * ROW <= HIGHEST ? ROW : (HIGHEST - room) / (state.total - room / ROW);
}

const position = () => $('rows').scrollTop / rowHeight();
const firstSeen = () => Math.floor(position());
const rowsSeen = () => $('rows').clientHeight / ROW;

function bringIntoView(index) {
	const before = position();
	const after = Math.min(index, Math.max(before, index + 1 - rowsSeen()));
	if (after !== before)
		$('rows').scrollTop = after * rowHeight();
}

function showLeft(cell, row, now) {
	const left = row.ttl_ns ? row.ttl_ns / 1e6 - (now - row.told) : 0;
	let meter = cell.querySelector('meter');
	if (!row.ttl_ns) {
		setText(cell, '');
		return;
	}
	if (!meter) {
		cell.textContent = '';
		meter = cell.appendChild(document.createElement('meter'));
	}
	meter.max = (row.ttl_ns + row.age_ns) / 1e6;
	meter.low = meter.max / 5;
	meter.value = Math.max(0, left);
	meter.title = duration(left);
}

function showRow(element, row, now) {
	const [name, value, age, left, version, rate, author] = element.children;
	const written = row.event === 'written';
	setText(name, printable(nameOf(row)));
	name.title = name.textContent;
	setText(value, valueOf(row));
	setText(age, written ? duration(row.age_ns / 1e6 + now - row.told) : '');
	showLeft(left, row, now);
	setText(version, written ? String(row.version) : '');
	const noted = state.rates.get(row.channel);
	// What rounds to none is told by the age.
	const fading = noted && noted.rate >= 0.05 && now - noted.at < 5000;
	setText(rate, fading ? noted.rate.toFixed(noted.rate < 10 ? 1 : 0) + '/s' : '');
	setText(author, authorOf(row));
	element.classList.toggle('fresh', row.fresh > 0 && now - row.fresh < 600);
	element.classList.toggle('gone', !written);
	const selected = state.selected !== null && state.selected.channel === row.channel;
	element.classList.toggle('selected', selected);
	element.setAttribute('aria-selected', String(selected));
}

function show() {
	const now = performance.now();
	const first = firstSeen();
	const last = Math.min(state.total, first + Math.ceil(rowsSeen()) + 1);
	setText($('total'), state.total + (state.total === 1 ? ' channel' : ' channels'));
	$('space').style.height = height() + 'px';
	for (const [index, element] of state.elements)
		if (index < first || index >= last || !state.rows.has(index)) {
			element.remove();
			state.elements.delete(index);
		}
	for (let index = first; index < last; index++) {
		const row = state.rows.get(index);
		if (!row)
			continue;
		let element = state.elements.get(index);
		if (!element) {
			element = makeRow(index);
			state.elements.set(index, element);
			$('rows').append(element);
		}
		const top = state.total * ROW <= HIGHEST ? index * ROW :
			$('rows').scrollTop + (index - first) * ROW;
		element.style.top = top + 'px';
		showRow(element, row, now);
	}
	showDetail(now);
}

function showDetail() {
	const row = state.selected;
	$('detail').hidden = !row;
	if (!row)
		return;
	setText($('name'), printable(nameOf(row)));
	setText($('value'), pretty(row));
	plot();
}

function pretty(row) {
	try {
		const value = JSON.parse(row.message);
		return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : valueOf(row);
	} catch {
		return valueOf(row);
	}
}

function plot() {
	const points = state.points;
	if (points.length < 2) {
		$('line').removeAttribute('d');
		setText($('range'), points.length ? 'one value so far' : 'no number');
		return;
	}
	const numbers = points.map(({ number }) => number);
	const low = numbers.reduce((a, b) => Math.min(a, b)), high = numbers.reduce((a, b) => Math.max(a, b));
	const begin = points[0].at, span = Math.max(1, Date.now() - begin);
	const x = at => ((at - begin) / span * 600).toFixed(1);
	const y = number => (150 - (high > low ? (number - low) / (high - low) : .5) * 140).toFixed(1);
	// The last value holds until there is another.
	const path = points.map(({ at, number }, i) => i ? 'H' + x(at) + 'V' + y(number) : 'M' + x(at) + ' ' + y(number));
	$('line').setAttribute('d', path.join('') + 'H600');
	setText($('range'), low + ' to ' + high + ', the last ' + duration(span));
}

// Whose they are the kernel does not tell.
function showClaims(count) {
	setText($('claims'), count ? count + (count === 1 ? ' claim' : ' claims') : '');
}

function showGroups(groups) {
	const buttons = [];
	const add = (text, count, prefix) => {
		const button = document.createElement('button');
		button.type = 'button';
		button.textContent = printable(text);
		if (count !== null) {
			const small = button.appendChild(document.createElement('small'));
			small.textContent = ' ' + count;
		}
		button.addEventListener('click', () => {
			state.prefix = prefix;
			$('rows').scrollTop = 0;
			moved(true);
		});
		buttons.push(button);
	};
	if (state.prefix) {
		add('all', null, '');
		const parts = state.prefix.split('/').slice(0, -1);
		parts.forEach((part, i) => add(part + '/', null, parts.slice(0, i + 1).join('/') + '/'));
	}
	for (const { prefix, channels } of groups)
		add(prefix.slice(state.prefix.length), channels, prefix);
	$('groups').replaceChildren(...buttons);
}

// What a person does

function moved(all) {
	const from = Math.max(0, firstSeen() - 10);
	const count = Math.min(500, Math.ceil(rowsSeen()) + 20);
	if (all)
		state.wanted = null;
	else if (from === state.from && count === state.count)
		return;
	state.from = from;
	state.count = count;
	for (const index of state.rows.keys())
		if (index < from || index >= from + count)
			state.rows.delete(index);
	state.after = 0;
	state.generation = 0;
	renew(all);
}

// A row that the server has not told yet is chosen when it has.
function choose(index) {
	const row = state.rows.get(index);
	state.wanted = row ? null : index;
	if (row) {
		select(row);
		// The detail may leave the rows less room.
		show();
	}
	bringIntoView(index);
	moved(false);
	show();
	renew(false);
}

function deselect() {
	state.selected = null;
	state.points = [];
	show();
	moved(false);
}

const clamp = index => Math.max(0, Math.min(state.total - 1, index));

function step(by) {
	const entry = [...state.rows].find(([, row]) => state.selected && row.channel === state.selected.channel);
	if (state.total)
		choose(clamp(entry ? entry[0] + by : firstSeen()));
}

function jump(index) {
	if (state.total)
		choose(clamp(index));
}

function setTheme(dark) {
	document.documentElement.classList.toggle('dark', dark);
	setText($('theme'), dark ? 'Light' : 'Dark');
}

function toggleTheme() {
	const dark = !document.documentElement.classList.contains('dark');
	localStorage.setItem('theme', dark ? 'dark' : 'light');
	setTheme(dark);
}

const keys = {
	'/': () => $('search').focus(),
	'd': toggleTheme,
	'Escape': deselect,
	'ArrowDown': () => step(1),
	'ArrowUp': () => step(-1),
	'PageDown': () => step(Math.floor(rowsSeen())),
	'PageUp': () => step(-Math.floor(rowsSeen())),
	'Home': () => jump(0),
	'End': () => jump(state.total - 1),
	'j': () => step(1),
	'k': () => step(-1),
};

function onKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey)
		return;
	if (event.target.matches('input, select')) {
		if (event.key === 'Escape')
			event.target.blur();
		return;
	}
	if (keys[event.key]) {
		event.preventDefault();
		keys[event.key]();
	}
}

let typing = 0;
$('search').addEventListener('input', () => {
	clearTimeout(typing);
	typing = setTimeout(() => {
		state.search = $('search').value;
		$('rows').scrollTop = 0;
		moved(true);
	}, 150);
});
$('slot').addEventListener('change', () => {
	state.slot = $('slot').value;
	location.hash = encodeURIComponent(state.slot);
	state.prefix = '';
	state.epoch = '';
	deselect();
	moved(true);
});
$('ask').addEventListener('submit', event => {
	event.preventDefault();
	state.token = $('token').value;
	sessionStorage.setItem('token', state.token);
	renew(true);
});
$('theme').addEventListener('click', toggleTheme);
$('close').addEventListener('click', deselect);
let scrolling = false;
$('rows').addEventListener('scroll', () => {
	if (scrolling)
		return;
	scrolling = true;
	setTimeout(() => {
		scrolling = false;
		moved(false);
		show();
	}, FRAME);
});
addEventListener('resize', () => { moved(false); show(); });
document.addEventListener('keydown', onKey);
setTheme((localStorage.getItem('theme') ||
	(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark');
// Ages tick, also when nothing changes.
setInterval(show, 200);
moved(false);
follow();
