import Glibc
import Posix
import SystemPackage
import Testing

extension Reactor {
    /// Waits and returns all events as text, in order of their tokens: "7 readable writable".
    fileprivate mutating func events(milliseconds: Int = 0) throws -> [String] {
        let count = try wait(milliseconds: milliseconds)
        return (0..<count).map { index in
            let event = self[index]
            let words = [
                event.readable ? " readable" : "", event.writable ? " writable" : "",
                event.hungUp ? " hung up" : "",
            ]
            return "\(event.token)" + words.joined()
        }.sorted()
    }
}

@Test func tellsReadableFromWritableFromHungUp() throws {
    var reactor = try Reactor()
    let pair = try UnixSocket.pair()
    let near = try pair.first.duplicate()
    let far = try pair.second.duplicate()
    close(pair)
    try reactor.add(near, token: 7)
    try reactor.add(far, token: .max, .readWrite)
    #expect(try reactor.events() == ["\(UInt64.max) writable"])
    try far.writeAll([1])
    #expect(try reactor.events() == ["\(UInt64.max) writable", "7 readable"])
    try reactor.change(far, token: 8, .read)
    #expect(try reactor.events() == ["7 readable"])
    try reactor.remove(far)
    far.close()
    #expect(try reactor.events() == ["7 readable hung up"])
    try reactor.remove(near)
    #expect(try reactor.events() == [])
    #expect(reactor.waits == 5)
}

@Test func reportsOnceWhatIsToBeReportedOnce() throws {
    var reactor = try Reactor()
    let pair = try UnixSocket.pair()
    let near = try pair.first.duplicate()
    let far = try pair.second.duplicate()
    close(pair)
    try far.writeAll([1])
    try reactor.add(near, token: 7, .readOnce)
    #expect(try reactor.events() == ["7 readable"])
    #expect(try reactor.events() == [])
    try reactor.change(near, token: 8, .readOnce)
    #expect(try reactor.events() == ["8 readable"])
    #expect(try reactor.events() == [])
}

private func close(_ pair: consuming UnixSocket.Pair) {}

/// The bound is 20 ms: by then a timer of 5 ms has expired. A wait that returned at once would be before it.
@Test func aWaitEndsAtItsBound() throws {
    var reactor = try Reactor()
    let timer = try WallTimer(everyMilliseconds: 5)
    #expect(try reactor.wait(milliseconds: 20) == 0)
    #expect(try timer.expirations() >= 1)
}

/// What an array can hold.
private final class Owner {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// More than one wait's worth are ready: none is forgotten.
@Test func manyReadyDescriptorsAllGetTheirTurn() throws {
    var reactor = try Reactor()
    let file = try UnixSocket.pair()
    try file.first.writeAll([1])
    var copies: [Owner] = []
    for token in 0..<100 as Range<UInt64> {
        let copy = Owner(try file.second.duplicate())
        try reactor.add(copy.descriptor, token: token)
        copies.append(copy)
    }
    var seen: Set<UInt64> = []
    for _ in 0..<10 {
        for index in 0..<(try reactor.wait(milliseconds: 0)) { seen.insert(reactor[index].token) }
    }
    #expect(seen.count == 100)
    for copy in copies { try reactor.remove(copy.descriptor) }
}

@Test func aTimerTicksAndCounts() throws {
    var reactor = try Reactor()
    let timer = try WallTimer(everyMilliseconds: 10)
    #expect(try timer.expirations() == 0)
    try reactor.add(timer.descriptor, token: 1)
    #expect(try reactor.events(milliseconds: 10_000) == ["1 readable"])
    #expect(try timer.expirations() >= 1)
    // When a timer of 50 ms has expired, the one of 10 ms has expired at least four times and says so at once.
    try reactor.remove(timer.descriptor)
    let slow = try WallTimer(everyMilliseconds: 50)
    try reactor.add(slow.descriptor, token: 2)
    #expect(try reactor.events(milliseconds: 10_000) == ["2 readable"])
    #expect(try timer.expirations() >= 4)
    #expect(try timer.expirations() == 0)
}

@Test func signalsAreRead() throws {
    var reactor = try Reactor()
    // Threads of the test's pool may block signals already: what was before is again afterwards.
    var before = sigset_t()
    var after = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, nil, &before)
    unsafe sigdelset(&before, SIGUSR2)
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    do {
        let source = try SignalSource([SIGUSR1, SIGUSR2])
        try reactor.add(source.descriptor, token: 1)
        #expect(try source.next() == nil)
        #expect(try reactor.events() == [])
        // To this thread, which has it blocked; other threads of the test process have not.
        #expect(raise(SIGUSR2) == 0)
        #expect(try reactor.events() == ["1 readable"])
        #expect(try source.next() == SIGUSR2)
        #expect(try source.next() == nil)
        try reactor.remove(source.descriptor)
    }
    #expect(unsafe pthread_sigmask(SIG_BLOCK, nil, &after) == 0)
    #expect(unsafe sigismember(&after, SIGUSR2) == 0)
}
