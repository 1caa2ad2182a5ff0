internal import Calendar
internal import CalendarServer
internal import Foundation
internal import Posix
internal import SystemPackage

import struct Calendar.Calendar

/// A calendar server on a real socket, an honest client that takes turns, and room for hostile ones.
final class CalendarBench {
    private var reactor: Reactor
    let server: CalendarServer
    let honest: HonestClient
    private let path: String
    private let honestID: ClientID
    /// Ends of hostile clients since the last call of `takeDepartures`.
    private var departures: [Departure] = []

    /// - Parameter longestGrant: see `Calendar`.
    init(longestGrant: UInt64, devices: CalendarServer.Devices, sharedMemory: CalendarServer.SharedMemory)
        throws
    {
        let folder = NSTemporaryDirectory() + "almanac-fuzz-\(getpid())"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/calendar"
        reactor = try Reactor()
        server = try CalendarServer(
            path: path, calendar: Islands(Calendar(start: 5000, longestGrant: longestGrant)), tokens: 100,
            devices: devices, sharedMemory: sharedMemory, reactor: reactor)
        honest = HonestClient(try UnixSocket.connect(path: path))
        try Self.turn(server, &reactor)
        guard let arrival = server.arrivals.first else {
            throw FuzzFailure("the honest client did not start")
        }
        honestID = arrival.client
        server.arrivals.removeAll()
        try honest.step()
    }

    deinit { try? FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent) }

    func connect() throws -> SocketEnd { SocketEnd(try UnixSocket.connect(path: path)) }

    /// Turns the loop once: everything that is ready.
    private static func turn(_ server: CalendarServer, _ reactor: inout Reactor) throws {
        while true {
            while server.advance(reactor: reactor) != nil {}
            server.flush(reactor: reactor)
            let count = try reactor.wait(milliseconds: 0)
            if count == 0 { return }
            for index in 0..<count { server.handle(reactor[index], reactor: reactor) }
        }
    }

    /// Handles what is there; at most `limit` rounds, so that a client cannot keep it busy.
    func pump(limit: Int = 64) throws {
        advance()
        for _ in 0..<limit where try handleReady() == 0 { break }
        try noteDepartures()
    }

    /// Handles what is ready now, and carries out what follows.
    ///
    /// - Returns: how many descriptors were ready.
    func handleReady() throws -> Int {
        let count = try reactor.wait(milliseconds: 0)
        guard count > 0 else { return 0 }
        for index in 0..<count { server.handle(reactor[index], reactor: reactor) }
        advance()
        return count
    }

    private func noteDepartures() throws {
        for departure in server.departures {
            guard departure.client != honestID else {
                throw FuzzFailure("the honest client ended: \(departure)")
            }
            departures.append(departure)
        }
        server.departures.removeAll()
    }

    /// A flush may end a client, after which others can go on.
    private func advance() {
        var ends: Int
        repeat {
            ends = server.departures.count
            while server.advance(reactor: reactor) != nil {}
            server.flush(reactor: reactor)
        } while server.departures.count != ends
    }

    func takeDepartures() -> [Departure] {
        defer { departures = [] }
        return departures
    }

    /// What owners do with a client that holds the turn and says nothing.
    func endSilent() throws {
        guard !server.calendar.isRunning(honestID) else { return }
        server.endSilent(seconds: 30, reactor: reactor)
        try pump()
    }

    /// Calls with the server's reactor.
    func with(_ body: (borrowing Reactor) -> Void) { body(reactor) }

    /// The honest client gets its next turn when nobody hostile is left.
    func checkProgress() throws {
        let wanted = honest.turns + 1
        for _ in 0..<64 where honest.turns < wanted {
            try honest.step()
            _ = try handleReady()
        }
        try noteDepartures()
        guard server.connectionCount == 1 else {
            throw FuzzFailure("\(server.connectionCount) connections are open, one is not closed")
        }
        guard honest.turns >= wanted else {
            throw FuzzFailure(
                "the honest client makes no progress at \(honest.now): \(server.calendar.running) run, it has \(honest.turns) turns"
            )
        }
    }
}
