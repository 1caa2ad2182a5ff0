/// A guest's time: what it does next, and how time gets there (seed: `arch/um/kernel/time.c`).
///
/// One thread uses it, and blocks in it while the guest waits. Times are nanoseconds since the guest started; in mode
/// `off` they are the host's monotonic clock. After an error it is of no more use: kernels panic there.
public final class GuestTime {
    /// "Nothing to do, ever" (seed: `S64_MAX`), ns.
    public static let never = UInt64(Int64.max)
    /// What a read of the clock source costs, ns, and its resolution (seed: `TIMER_MULTIPLIER`).
    public static let readCost: UInt64 = 256

    /// Whose time it is.
    public let mode: ClockMode
    let host: any GuestHost
    let interrupts = InterruptTable()
    let link: CalendarLink
    private let time = VirtualTime()
    private(set) var events = EventList()
    /// In mode `basic`, real and simulated time at the moment when the present stretch of work began, ns.
    private var workBegan: (real: UInt64, simulated: UInt64)
    /// Wall clock at the guest's time 0, ns since the epoch; not used in mode `off` (seed: `time_travel_start`).
    public private(set) var start: UInt64 = 0

    /// Starts a guest's time on the real system. In mode `external` it sends START and reads the wall clock; it returns
    /// when the calendar lets the guest run.
    public convenience init(_ options: ClockOptions) throws(GuestError) {
        let host = SystemHost()
        if case .external(_, let path) = options.mode { try host.connect(path: path) }
        try self.init(options, host: host)
    }

    /// Starts a guest's time on `host` (seed: `time_travel_connect_external`, `time_init`).
    package init(_ options: ClockOptions, host: any GuestHost) throws(GuestError) {
        mode = options.mode
        self.host = host
        link = CalendarLink(host: host, time: time, interrupts: interrupts)
        workBegan = (host.nanoseconds, 0)
        switch mode {
        case .off: break
        case .basic, .infiniteCPU:
            start = options.start ?? host.timeOfDay
        case .external(let id, _):
            try link.start(id: id)
            start = try link.timeOfDay()
            // That was the wall clock now, which need not be this guest's 0.
            try link.getTime()
            start &-= time.now
        }
    }

    /// The guest's time, ns, as it stands; looking at it costs nothing.
    public var now: UInt64 { mode == .off ? host.nanoseconds : time.now }

    /// In a handler, where waiting does not take other interrupts' turns (seed: `in_interrupt`, `irqs_disabled`).
    public var isInInterrupt: Bool { interrupts.depth > 0 }

    /// Delays pass in simulated time and need no calibration (seed: `calibrate_delay_is_known`).
    public var isDelayKnown: Bool { mode == .infiniteCPU || mode.isExternal }

    /// When the first event happens, ns.
    public var nextEvent: UInt64? { events.first?.time }

    // MARK: Events

    /// Adds an event at `time`, or at once if that is past; one that is pending stays as it is. The calendar hears of it
    /// if it is the first now (seed: `time_travel_add_event`).
    public func add(_ event: GuestEvent, at time: UInt64) throws(GuestError) {
        guard events.add(event, at: mode == .off ? time : max(time, now)) else { return }
        try requestFirst()
    }

    /// Takes an event out of the list; false when it was not pending (seed: `time_travel_del_event`).
    @discardableResult
    public func remove(_ event: GuestEvent) -> Bool { events.remove(event) }

    private func requestFirst() throws(GuestError) {
        guard mode.isExternal, let first = events.first else { return }
        try link.updateRequest(first.time)
    }

    /// Adds an event at the calendar's present time: an interrupt from outside. No latency is modelled (seed:
    /// `time_travel_add_irq_event`).
    public func interrupt(_ event: GuestEvent) throws(GuestError) {
        guard mode.isExternal else { throw .notExternal }
        try link.getTime()
        try add(event, at: time.now)
    }

    /// `handler` is called, with the guest's time standing, whenever `descriptor` can be read while the guest waits. It
    /// must read it, and may add events (`interrupt`); it must not wait. With several at once the first added is first.
    @discardableResult
    public func addInterrupt(_ descriptor: Int32, _ handler: @escaping GuestEvent.Handler) -> GuestInterrupt {
        interrupts.add(descriptor, handler)
    }

    /// It interrupts no more. Before its descriptor is closed.
    public func removeInterrupt(_ interrupt: GuestInterrupt) { interrupts.remove(interrupt) }

    /// Runs an event's handler with interrupts off (seed: `time_travel_deliver_event`).
    private func deliver(_ event: GuestEvent) throws(GuestError) {
        try interrupts.enter(event.handler)
    }

    // MARK: Time passes

    /// Lets time pass until `target`, delivering what comes before; events added meanwhile are seen. If `idle`, it ends
    /// with the first thing that happens (seed: `time_travel_update_time`).
    func advance(to target: UInt64, idle: Bool) throws(GuestError) {
        let arrival = GuestEvent(.onStack)
        events.add(arrival, at: target)
        defer { events.remove(arrival) }
        try requestFirst()
        var finished = idle
        repeat {
            guard let first = events.first else { preconditionFailure("the wait's own event is pending") }
            try moveTime(to: first.time)
            // Something earlier may have come in while it waited: then that is the turn's.
            if let current = events.first, current === first {
                guard time.now == first.time else {
                    throw .wrongTurn(given: time.now, expected: first.time)
                }
                events.remove(first)
                if first === arrival {
                    finished = true
                } else {
                    guard !first.isOnStack else {
                        throw .eventOffStack(time: time.now, eventTime: first.time)
                    }
                    try deliver(first)
                }
            }
            try requestFirst()
        } while arrival.isPending && !finished
    }

    private func moveTime(to target: UInt64) throws(GuestError) {
        if mode.isExternal { try link.moveTime(to: target) } else { try time.set(target) }
    }

    /// Does nothing for `nanoseconds` (seed: `time_travel_ndelay`). Where work takes real time it takes that much of it.
    public func delay(_ nanoseconds: UInt64) throws(GuestError) {
        let (target, overflow) = now.addingReportingOverflow(nanoseconds)
        guard !overflow, target < Self.never else { throw .sleptForever }
        switch mode {
        case .off:
            try work(until: { [host] in host.nanoseconds >= target }, deadline: target)
        case .basic:
            let deadline = host.nanoseconds &+ nanoseconds
            try work(until: { [host] in host.nanoseconds >= deadline }, deadline: deadline)
            if time.now < target { try advance(to: target, idle: false) }
            resumeWork()
        case .infiniteCPU, .external:
            try advance(to: target, idle: false)
        }
    }

    /// Nothing to do before the next event, or ever (2^63-1): waits for it and delivers it, or ends with an interrupt
    /// (seed: `time_travel_sleep`, `arch_cpu_idle`). What could never end is an error.
    public func sleep() throws(GuestError) {
        if !mode.isExternal, !interrupts.isEmpty {
            // No calendar orders what comes from outside: it comes when it comes, before time is skipped.
            let waits = events.isEmpty
            if try takeSource(until: waits ? nil : 0) { return resumeWork() }
        }
        switch mode {
        case .off:
            guard let first = events.first else { throw .sleptForever }
            if try takeSource(until: first.time) { return }
            try takeRealAlarms()
        case .basic:
            try advance(to: Self.never, idle: true)
            resumeWork()
        case .infiniteCPU, .external:
            try advance(to: Self.never, idle: true)
        }
    }

    /// Interrupts are taken if there are any: descriptors that can be read and, where work takes real time, events whose
    /// real time has come. Long work calls it now and then (seed: `timer_handler`, `time_travel_handle_real_alarm`).
    public func takeInterrupts() throws(GuestError) {
        guard !isInInterrupt else { return }
        while !interrupts.isEmpty, try takeSource(until: 0) {}
        try takeRealAlarms()
    }

    // MARK: Real time

    /// Works, taking interrupts, until real time reaches the end.
    private func work(until isOver: () -> Bool, deadline: UInt64) throws(GuestError) {
        while !isOver() {
            let next = events.first.map { realTime(of: $0.time) } ?? deadline
            _ = try takeSource(until: min(next, deadline))
            try takeRealAlarms()
        }
    }

    private func takeSource(until deadline: UInt64?) throws(GuestError) -> Bool {
        let readiness = try host.wait(link: false, sources: interrupts.descriptors, until: deadline)
        guard case .source(let index) = readiness else { return false }
        try interrupts.handle(index)
        return true
    }

    /// Real time at which an event is due, if work goes on until then.
    private func realTime(of event: UInt64) -> UInt64 {
        mode == .off ? event : workBegan.real &+ (event - workBegan.simulated)
    }

    /// Delivers the events whose real time has come.
    private func takeRealAlarms() throws(GuestError) {
        guard mode == .off || mode == .basic else { return }
        while let first = events.first, !first.isOnStack, host.nanoseconds >= realTime(of: first.time) {
            if mode == .basic { try time.set(first.time) }
            events.remove(first)
            try deliver(first)
        }
    }

    /// Idle time was skipped: from here real time counts again (seed: `os_timer_one_shot` after `time_travel_sleep`).
    private func resumeWork() {
        if mode == .basic { workBegan = (host.nanoseconds, time.now) }
    }

    // MARK: Clocks

    /// Reads the clock source, ns, a multiple of 256. Outside interrupts a read costs 256 ns, so that loops that wait for
    /// time to pass end; in one it costs nothing, for it would get in its own way (seed: `timer_read`).
    public func readClock() throws(GuestError) -> UInt64 {
        if mode != .off, !isInInterrupt { try advance(to: time.now + Self.readCost, idle: false) }
        return now / Self.readCost * Self.readCost
    }

    /// The wall clock, ns since the epoch (seed: `read_persistent_clock64`).
    public var persistentClock: UInt64 { mode == .off ? host.timeOfDay : start &+ time.now }

    // MARK: Others

    /// Tells the calendar the time. Before another participant is touched: what it makes of it must not be in its past
    /// (seed: `__time_travel_propagate_time`).
    public func announceTime() throws(GuestError) {
        if mode.isExternal { try link.update() }
    }

    /// Serves the calendar until `descriptor` can be read, which holds another participant's answer
    /// (seed: `__time_travel_wait_readable`).
    public func waitReadable(_ descriptor: Int32) throws(GuestError) {
        if mode.isExternal { try link.waitReadable(descriptor) }
    }

    /// Broadcasts `value` to every other client (kernel 6.11 and later).
    public func broadcast(_ value: UInt64) throws(GuestError) {
        guard mode.isExternal else { throw .notExternal }
        try link.broadcast(value)
    }

    /// Called with each value that another client broadcasts, while a message of the calendar is being handled: it may
    /// record the value, and must not call the guest.
    public var onBroadcast: ((UInt64) -> Void)? {
        get { link.onBroadcast }
        set { link.onBroadcast = newValue }
    }

    /// Leaves the calendar: withdraws all requests and closes the connection. Call nothing else afterwards.
    public func leave() throws(GuestError) {
        defer { close() }
        if mode.isExternal { try link.leave() }
    }

    /// Closes the connection in any state. Call nothing else afterwards.
    public func close() {
        interrupts.removeAll()
        host.close()
    }
}
