# Answers each line with one line, so that a clock is read and moved over one connection:
#   time                      seconds since the epoch
#   hold NAME                 how many threads of that name stand still now, each stopped while it
#                             waited; they run on when this program ends
#   drain LOW HIGH            whether every connection of those ports was seen with nothing in its
#                             queues; asked for only while a thread is held
#   release                   lets them run on now
#   forget                    has chrony, where it runs, forget what it measured
#   step SECONDS MICROSECONDS moves the clock by that distance
#   leap SOCKETS SECONDS MICROSECONDS
#                             as well; Ceph's monitors behind the admin sockets of that name, which
#                             may be none, are out of the quorum meanwhile
# perl-base is on every Debian, and under emulation starts ten times faster than Python.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($arch) = map { chomp; $_ } `uname -m`;
my $calls = {
    x86_64  => { futex => 202, ptrace => 101, adjtimex => 159, clock_gettime => 228 },
    aarch64 => { futex => 98,  ptrace => 117, adjtimex => 171, clock_gettime => 113 },
}->{$arch} or die "the system calls of $arch are not known\n";

sub now {
    my $timespec = pack "q q", 0, 0;
    syscall($calls->{clock_gettime}, 0, $timespec) == 0 or die "clock_gettime: $!\n";
    my ($seconds, $nanoseconds) = unpack "q q", $timespec;
    return sprintf "%d.%09d", $seconds, $nanoseconds;
}

# ADJ_SETOFFSET moves the clock by a distance, so it does not matter how long it takes to get
# there. struct timex is 208 bytes; modes is at 0, time at 72, as seconds and microseconds.
sub step {
    my ($seconds, $microseconds) = @_;
    my $timex = pack "L x68 q q x120", 0x100, $seconds, $microseconds;
    syscall($calls->{adjtimex}, $timex) >= 0 or die "adjtimex: $!\n";
    return "stepped";
}

# A futex with a deadline is a condition waited for; one without may be a lock about to be taken,
# and a thread stopped with a lock in its hands would stop its neighbours.
sub waits {
    my ($task) = @_;
    open my $file, "<", "$task/syscall" or return 0;
    return <$file> =~ /^$calls->{futex} 0x\w+ 0x\w+ 0x\w+ 0x[1-9a-f]/;
}

sub tracer {
    my ($task) = @_;
    open my $file, "<", "$task/status" or return 0;
    return (map { /^TracerPid:\s*(\d+)/ ? $1 : () } <$file>)[0];
}

my (@held, @holders);

# A restored checkpoint holds the program that held the thread while it was taken. Whoever ended it
# now would let the thread run, and send what is to stay unsent.
# PTRACE_SEIZE and PTRACE_INTERRUPT stop one thread of a program and send it no signal.
sub stop_thread {
    my ($task) = @_;
    my ($thread) = $task =~ /(\d+)$/;
    for (1 .. 200) {
        if (my $holder = tracer($task)) {
            push @holders, $holder;
            return 1;
        }
        if (waits($task)) {
            syscall($calls->{ptrace}, 0x4206, $thread + 0, 0, 0) == 0 or return 0;
            syscall($calls->{ptrace}, 0x4207, $thread + 0, 0, 0) == 0 or return 0;
            waitpid($thread, 0x40000000) == $thread or return 0;
            push @held, $thread;
            return 1;
        }
        select undef, undef, undef, 0.01;
    }
    return 0;
}

sub hold {
    my ($name) = @_;
    my $held = 0;
    for my $path (glob "/proc/[0-9]*/task/*/comm") {
        open my $file, "<", $path or next;
        chomp(my $comm = <$file> // "");
        $held += stop_thread($path =~ s{/comm$}{}r) if $comm eq $name;
    }
    return $held;
}

# PTRACE_DETACH, without a signal.
sub release {
    syscall($calls->{ptrace}, 17, $_ + 0, 0, 0) for @held;
    kill "KILL", @holders;
    @held = @holders = ();
    return "released";
}

# By what chrony measured before a step it would step the clock once more, and away.
sub forget {
    system "chronyc reset sources >/dev/null 2>&1";
    return "forgotten";
}

# Connections of those ports with bytes that were not acknowledged or not read, by their addresses.
sub queued {
    my ($low, $high) = @_;
    my @queued;
    for my $table (glob "/proc/net/{tcp,tcp6}") {
        open my $file, "<", $table or next;
        for (<$file>) {
            my ($from, $to, $sent, $got) = /(\w+:\w+) (\w+:\w+) 01 (\w+):(\w+)/ or next;
            my @ports = map { hex((split /:/)[1]) } $from, $to;
            next unless grep { $_ >= $low && $_ <= $high } @ports;
            push @queued, "$from $to" if hex $sent or hex $got;
        }
    }
    return @queued;
}

# What was sent on a connection before its queues are seen empty has been read by the program it
# went to. That program has a moment first to answer what it read before.
sub drain {
    my @ports = @_;
    return "nothing held" unless @held or @holders;
    select undef, undef, undef, 0.5;
    my %pending = map { $_ => 1 } queued(@ports);
    for (1 .. 100) {
        return "drained" unless %pending;
        select undef, undef, undef, 0.1;
        %pending = map { $_ => 1 } grep { $pending{$_} } queued(@ports);
    }
    return "not drained";
}

sub request {
    my ($sockets, $request) = @_;
    for my $path (glob $sockets) {
        my $door = IO::Socket::UNIX->new(Peer => $path) or next;
        print $door "{\"prefix\":\"$request\"}\0";
        $door->flush;
        read $door, my $answer, 4;
    }
}

# A leader that looks at its clock between the leap and an election finds every OSD silent for
# longer than it allows. One that comes back into the quorum has not led before. All of it is one
# answer: whoever asked may be gone before it comes.
sub leap {
    my ($sockets, @distance) = @_;
    request($sockets, "quorum exit");
    my $answer = eval { step(@distance) };
    my $failed = $@;
    request($sockets, "quorum enter");
    die $failed if $failed;
    return $answer;
}

my %answer = (
    time    => \&now,
    step    => \&step,
    leap    => \&leap,
    hold    => \&hold,
    drain   => \&drain,
    release => \&release,
    forget  => \&forget,
);
$| = 1;
$SIG{TERM} = sub { exit 1 };
END { release() }
while (my $line = <STDIN>) {
    my ($verb, @words) = split " ", $line;
    my $act = $answer{ $verb // "" } or die "no such question: $line";
    print $act->(@words), "\n";
}
