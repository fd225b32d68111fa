/**
 * The Lua side of the sandbox, run once in each interpreter. It gets the host function and the instruction budget and returns
 * three functions: `load(text)`, `run(name, value, ...)` and `find(pattern, text)`.
 *
 * Values cross the border as strings whose first letter is their kind: n(il), t(rue), f(alse), i(nteger), d(ouble), s(tring),
 * h(andle of a map or list), p (handle of a tuple), o (a Lua table or function held by a document), x (end of an iteration)
 * and ! (an error). Neither nul nor byte 1 crosses as it is, since C strings end at a nul.
 */
export const prelude = String.raw`
local host, budget = ...
local create, resume, status, yield = coroutine.create, coroutine.resume, coroutine.status, coroutine.yield
local sethook, load, setmetatable, type, error = debug.sethook, load, setmetatable, type, error
local pack, unpack, concat = table.pack, table.unpack, table.concat
local tostring, tonumber, next, pcall = tostring, tonumber, next, pcall
local byte, sub, find, gsub, format = string.byte, string.sub, string.find, string.gsub, string.format
local mathtype, huge = math.type, math.huge

-- What stands for what: proxies for maps and lists of the document, and Lua values that a document holds.
local ids, proxies, held, held_ids

local function reset()
  ids = setmetatable({}, { __mode = 'k' })
  proxies = setmetatable({}, { __mode = 'v' })
  held, held_ids = {}, {}
end

local function escape(s)
  if not find(s, '[\0\1]') then return s end
  return (gsub(s, '[\0\1]', { ['\0'] = '\1b', ['\1'] = '\1a' }))
end

local function unescape(s)
  if not find(s, '\1', 1, true) then return s end
  return (gsub(s, '\1([ab])', { a = '\1', b = '\0' }))
end

local function encode(v)
  local t = type(v)
  if t == 'nil' then return 'n' end
  if t == 'boolean' then return v and 't' or 'f' end
  if t == 'string' then return 's' .. escape(v) end
  if t == 'number' then return mathtype(v) == 'integer' and format('i%d', v) or format('d%.17g', v) end
  if ids[v] then return 'h' .. ids[v] end
  if not held_ids[v] then
    held[#held + 1] = v
    held_ids[v] = #held
  end
  return (t == 'function' and 'oF' or 'oT') .. held_ids[v]
end

local function encode_all(...)
  local all = pack(...)
  for i = 1, all.n do all[i] = encode(all[i]) end
  return unpack(all, 1, all.n)
end

local object

local function decode(s)
  local kind, rest = sub(s, 1, 1), sub(s, 2)
  if kind == 's' then return unescape(rest) end
  if kind == 'h' or kind == 'p' then return object(rest) end
  if kind == 'i' then return tonumber(rest) end
  if kind == 't' then return true end
  if kind == 'f' then return false end
  if kind == 'o' then return held[tonumber(sub(s, 3))] end
  if kind == 'd' then
    if rest == 'inf' then return huge end
    if rest == '-inf' then return -huge end
    if rest == 'nan' then return 0 / 0 end
    return tonumber(rest) + 0.0
  end
  return nil
end

-- The error level makes a failure carry the line of the script, whose functions tail-call this one.
local function ask(...)
  local s = host(...)
  if byte(s) == 33 then error(sub(s, 2), 2) end
  return s
end

local function call(...)
  local s = host(...)
  if byte(s) == 33 then error(sub(s, 2), 2) end
  return decode(s)
end

local function no_pairs()
  error("bad argument #1 to 'for iterator' (table expected, got userdata)", 2)
end

local function no_length()
  error('attempt to get length of a userdata value', 2)
end

local item_access = {
  __index = function(p, k) return call('get', encode(p), encode(k)) end,
  __newindex = function(p, k, v) return call('set', encode(p), encode_all(k, v)) end,
  __call = function(p) return call('fail', 'TypeError', 'this object is not callable') end,
  __tostring = function(p) return call('str', encode(p)) end,
  __pairs = no_pairs,
  __len = no_length,
}

local attribute_access = {
  __index = function(p, name)
    local handle, method = encode(p), encode(name)
    ask('attribute', handle, method)
    return function(...) return call('call', handle, method, encode_all(...)) end
  end,
  __newindex = function(p, name) return call('fail', 'AttributeError', 'attributes cannot be set') end,
  __tostring = item_access.__tostring,
  __pairs = no_pairs,
  __len = no_length,
}

function object(id)
  local p = proxies[id]
  if not p then
    p = setmetatable({}, item_access)
    proxies[id] = p
    ids[p] = id
  end
  return p
end

local function is_table(v) return type(v) == 'table' and not ids[v] end

local function py_attrgetter(v)
  if not ids[v] then error('not a python object', 2) end
  local p = setmetatable({}, attribute_access)
  ids[p] = ids[v]
  return p
end

local function py_itemgetter(v)
  if not ids[v] then error('not a python object', 2) end
  return object(ids[v])
end

local function py_dict(v)
  local d = call('dict', encode(not is_table(v) and v or nil))
  if is_table(v) then
    for k, item in next, v do d[k] = item end
  end
  return d
end

local function py_list(v)
  local l = call('list', encode(not is_table(v) and v or nil))
  if is_table(v) then
    for k in next, v do call('call', encode(l), 'sappend', encode(k)) end
  end
  return l
end

local function py_tuple(v) return call('tuple', encode(v)) end
local function py_len(v) return call('len', encode(v)) end

local function py_enumerate(v)
  local iterator = ask('iterate', encode(v))
  local index = -1
  return function()
    local s = ask('next', iterator)
    if s == 'x' then return nil end
    index = index + 1
    return index, decode(s)
  end
end

local function py_iterex(v)
  local iterator = ask('iterate', encode(v))
  return function()
    local s = ask('next', iterator)
    if s == 'x' then return nil end
    local value = decode(s)
    if sub(s, 1, 1) ~= 'p' then return value end
    local parts, n = {}, py_len(value)
    for i = 1, n do parts[i] = value[i - 1] end
    return unpack(parts, 1, n)
  end
end

local log = {}
for _, level in next, { 'debug', 'info', 'warning', 'error', 'critical' } do
  log[level] = function(first, second)
    local message = first
    if second ~= nil then message = second end
    return call('log', level, encode(tostring(message)))
  end
end

local function accept() yield(true) end
local function reject() yield(false) end
local function deep_merge(a, b) return call('merge', encode(a), encode(b)) end
local function yaml_load(text) return call('yaml', encode(text)) end

local function sandboxed_next(t, k)
  if ids[t] then error("bad argument #1 to 'next' (table expected, got userdata)", 2) end
  return next(t, k)
end

local function copy(library)
  local result = {}
  for name, value in next, library do result[name] = value end
  return result
end

-- Everything that a script can reach. Libraries are copied, so that what one script does to them stays with it.
local function sandbox()
  return {
    assert = assert, error = error, ipairs = ipairs, next = sandboxed_next, pairs = pairs,
    tonumber = tonumber, tostring = tostring, math = copy(math), string = copy(string),
    py_attrgetter = py_attrgetter, py_itemgetter = py_itemgetter, py_dict = py_dict, py_list = py_list,
    py_tuple = py_tuple, py_len = py_len, py_enumerate = py_enumerate, py_iterex = py_iterex,
    accept = accept, reject = reject, deep_merge = deep_merge, yaml_load = yaml_load, log = copy(log),
  }
end

local loaded, environment

-- The script keeps its line numbers: what is put around it is on its first and last line.
local function load_script(text)
  environment = sandbox()
  local problem
  loaded, problem = load('local function main() do ' .. unescape(text) .. ' end return true end return main()', 'teuthology', 't', environment)
  return loaded and 't' or '!' .. problem
end

-- What Python holds for false rejects.
local function verdict(result)
  if result.n > 2 then return 't' end
  local v = result[2]
  if v == nil or v == false or v == 0 or v == '' then return 'f' end
  return ids[v] and host('truth', encode(v)) or 't'
end

local function stop()
  error('stopped after ' .. budget .. ' instructions', 0)
end

-- The budget is set on the coroutine of the script: hooks belong to one thread, and scripts run in their own.
local function run_script(...)
  reset()
  local variables = pack(...)
  for i = 1, variables.n, 2 do environment[variables[i]] = decode(variables[i + 1]) end
  local co = create(loaded)
  sethook(co, stop, '', budget)
  local result = pack(resume(co))
  sethook(co)
  if not result[1] then return '!' .. tostring(result[2]) end
  if status(co) == 'suspended' then return result[2] and 't' or 'f' end
  return verdict(result)
end

local function find_pattern(pattern, text)
  local done, found = pcall(find, unescape(text), unescape(pattern))
  if not done then return '!' .. found end
  return found and 't' or 'f'
end

return load_script, run_script, find_pattern
`;
