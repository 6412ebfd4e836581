"""Runs hooks of a charm in Python, each in a fork of an interpreter that has read all its modules.

What is to be run comes as a line of JSON on standard input: environment, folder, and the files for what the
hook prints. Two lines answer: the process that runs it, and how it ended. Hook tools are called over the
socket without a process.
"""

import atexit
import io
import json
import os
import socket
import subprocess
import sys
import traceback
import types

TOOLS = set(sys.argv[1].split(','))
SOURCE = sys.argv[2]
ENTRY = os.path.join(SOURCE, 'src', 'charm.py')
real_run = subprocess.run
real_popen = subprocess.Popen.__init__
real_connect = socket.socket.connect


def call_tool(name, args, given):
    """Asks the simulated Juju what the tool of this name would have it."""
    fields = [os.environ['JUJU_CONTEXT_ID'].encode(), os.getcwd().encode(), given, name.encode()]
    fields += [os.fsencode(arg) for arg in args]
    request = b'%d\n' % len(fields) + b''.join(b'%d\n' % len(field) + field for field in fields)
    with socket.socket(socket.AF_UNIX) as juju:
        juju.connect(os.environ['JUJU_AGENT_SOCKET_ADDRESS'])
        juju.sendall(request)
        answer = b''
        while part := juju.recv(65536):
            answer += part
    line, _, rest = answer.partition(b'\n')
    code, length = map(int, line.split())
    return code, rest[:length], rest[length:]


# What a call of a tool may be told without a process for it: what becomes of its output, and as what it is read.
OPTIONS = {'capture_output', 'stdout', 'stderr', 'text', 'universal_newlines', 'encoding', 'errors', 'timeout'}
WAYS = (None, subprocess.PIPE, subprocess.DEVNULL)


def run(args, *others, input=None, check=False, **options):
    """`subprocess.run`, but for hook tools; what is not plainly a call of one goes on to be a process."""
    name = '' if isinstance(args, (str, bytes)) or not args else os.path.basename(os.fspath(args[0]))
    out_way, err_way = (options.get(way) for way in ('stdout', 'stderr'))
    is_plain = out_way in WAYS and err_way in (*WAYS, subprocess.STDOUT)
    if options.get('capture_output'):
        is_plain = out_way is None and err_way is None
        out_way = err_way = subprocess.PIPE
    if name not in TOOLS or not is_plain or others or not options.keys() <= OPTIONS:
        return real_run(args, *others, input=input, check=check, **options)
    given = b'' if input is None else input.encode() if isinstance(input, str) else input
    code, out, err = call_tool(name, args[1:], given)
    if err_way == subprocess.STDOUT:
        out += err
    stdout = said_to(1, out_way, out, options)
    stderr = said_to(2, err_way, err, options)
    if check and code != 0:
        raise subprocess.CalledProcessError(code, args, output=stdout, stderr=stderr)
    return subprocess.CompletedProcess(args, code, stdout, stderr)


def said_to(number, way, said, options):
    """What the caller is given of an output; what it does not catch goes where the hook's own goes."""
    if way is None and said:
        os.write(number, said)
    if way != subprocess.PIPE:
        return None
    if not any(options.get(one) for one in ('text', 'universal_newlines', 'encoding', 'errors')):
        return said
    encoding = options.get('encoding') or 'utf-8'
    return io.TextIOWrapper(io.BytesIO(said), encoding, options.get('errors')).read()


def popen_told(programs):
    """`subprocess.Popen`, but what it is to run is written down, hook tools aside."""

    def popen(self, args, *others, **options):
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
        words = [os.fsdecode(word) for word in words]
        if words and os.path.basename(words[0]) not in TOOLS:
            with open(programs, 'a', encoding='utf-8') as file:
                file.write(json.dumps(words) + '\n')
        return real_popen(self, args, *others, **options)

    return popen


def connect_within(charm):
    """`socket.connect`, but `/charm` is a folder of this unit."""

    def connect(self, address):
        if isinstance(address, str) and address.startswith('/charm/'):
            address = charm + address[len('/charm') :]
        return real_connect(self, address)

    return connect


def search_path(folder):
    """As the dispatches of charmcraft have it, before what the interpreter knows itself."""
    version = f'python{sys.version_info.major}.{sys.version_info.minor}'
    parts = ('src', 'lib', 'venv', f'venv/lib/{version}/site-packages')
    return [os.path.join(folder, part) for part in parts]


def code_of_charm():
    with open(ENTRY, encoding='utf-8') as file:
        return compile(file.read(), ENTRY, 'exec')


def hook(order):
    """One hook, in a process of its own."""
    os.setsid()
    for number, name in ((1, 'stdout'), (2, 'stderr')):
        file = os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order['environment'])
    os.chdir(order['folder'])
    own = search_path(order['folder'])
    sys.path[: len(own)] = own
    subprocess.run = run
    subprocess.Popen.__init__ = popen_told(order['programs'])
    if order['charm'] is not None:
        socket.socket.connect = connect_within(order['charm'])
    main = types.ModuleType('__main__')
    main.__file__ = os.path.join(order['folder'], 'src', 'charm.py')
    sys.modules['__main__'] = main
    sys.argv = [main.__file__]
    code = 0
    try:
        exec(CODE or code_of_charm(), main.__dict__)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve():
    """Hooks one after the other, until nobody orders any."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                hook(order)
            finally:
                traceback.print_exc()
                os._exit(70)
        print(json.dumps({'process': child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({'exit': os.waitstatus_to_exitcode(status)}), flush=True)


sys.path[:1] = search_path(SOURCE)
sys.dont_write_bytecode = True
CODE = None
try:
    CODE = code_of_charm()
    exec(CODE, {'__name__': 'charm', '__file__': ENTRY})
except BaseException:
    # Whatever it is, each hook says so by itself.
    pass
print(json.dumps({'ready': True}), flush=True)
serve()
