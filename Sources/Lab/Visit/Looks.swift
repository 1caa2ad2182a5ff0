/// Programs that visitors have started on machines. They have numbers above those of the lab's own commands.
struct Looks {
    struct Look {
        /// Whose it is; nil: recorded input started it.
        let visitor: Int?
        let machine: Int
        let plan: LookPlan
        /// What its program needs; nil: to be asked.
        var need: LookNeed?
        var hasEnded = false
        /// Bytes of input that its program has not taken.
        var untaken = 0

        /// It may wait for its visitor.
        var takesInput: Bool { plan.hasInput || plan.terminal != nil }
    }

    /// What its visitor hears of a look.
    struct News {
        let visitor: Int?
        let reply: VisitReply
    }

    /// The number of the first, for a machine's init.
    static let firstNumber = 1 << 24
    /// Most bytes of input that wait in a machine for a program to take them.
    static let inputLimit = 256 * 1024

    private(set) var all: [Look] = []
    private(set) var news: [News] = []

    /// A visitor starts one.
    ///
    /// - Returns: its number for the machine's init.
    mutating func add(_ plan: LookPlan, machine: Int, visitor: Int?) -> Int {
        // Without input it needs nothing but time.
        let need: LookNeed? = plan.hasInput || plan.terminal != nil ? nil : .time
        all.append(Look(visitor: visitor, machine: machine, plan: plan, need: need))
        return Self.firstNumber + all.count - 1
    }

    /// The look of a visitor that goes on.
    func number(of visitor: Int) -> Int? {
        all.firstIndex { $0.visitor == visitor && !$0.hasEnded }.map { Self.firstNumber + $0 }
    }

    func machine(of number: Int) -> Int? { index(number).map { all[$0].machine } }

    /// Looks of visitors that go on. What recorded input has started needs what is recorded.
    var pending: [Look] { all.filter { !$0.hasEnded && $0.visitor != nil } }

    /// Numbers of those whose needs are to be asked for.
    var unasked: [Int] {
        all.indices.filter { !all[$0].hasEnded && all[$0].visitor != nil && all[$0].need == nil }
            .map { Self.firstNumber + $0 }
    }

    /// What those that go on need most.
    var need: LookNeed {
        let needs = pending.map { look -> LookNeed in
            guard look.need == .person else { return look.need ?? .time }
            // A debugger's server waits for the debugger. A script cannot answer in its own time.
            return look.plan.drivesTime ? .nothing : look.plan.terminal == nil ? .time : .person
        }
        return needs.contains(.time) ? .time : needs.contains(.person) ? .person : .nothing
    }

    /// More input can be given to it.
    func hasRoom(_ number: Int) -> Bool {
        index(number).map { all[$0].hasEnded || all[$0].untaken < Self.inputLimit } ?? true
    }

    /// Input was given to it.
    mutating func give(_ count: Int, to number: Int) {
        if let index = index(number) { all[index].untaken += count }
    }

    /// Something may have changed what it needs.
    mutating func ask(_ number: Int) {
        if let index = index(number), all[index].takesInput { all[index].need = nil }
    }

    /// Time has passed: what takes input may need something else now.
    mutating func askAll() {
        for index in all.indices where all[index].takesInput { all[index].need = nil }
    }

    /// Init was asked; until it answers the look needs time.
    mutating func isAsked(_ number: Int) {
        if let index = index(number) { all[index].need = .time }
    }

    /// Init says something of a look.
    ///
    /// - Returns: nil when it is of one of the lab's own commands; otherwise whether its needs may have changed.
    mutating func take(_ message: ControlMessage) -> Bool? {
        switch message {
        case .started(let number, _): return index(number).map { _ in false }
        case .output(let number, let bytes):
            guard let index = index(number) else { return nil }
            news.append(News(visitor: all[index].visitor, reply: .output(bytes)))
            return all[index].takesInput
        case .errors(let number, let bytes):
            guard let index = index(number) else { return false }
            news.append(News(visitor: all[index].visitor, reply: .errors(bytes)))
            return all[index].takesInput
        case .ended(let number, let status, _, _):
            guard let index = index(number) else { return nil }
            end(index, .ended(status))
            return true
        case .need(let number, let need):
            if let index = index(number) { all[index].need = need }
            return false
        case .taken(let number, let count):
            guard let index = index(number) else { return false }
            all[index].untaken = max(0, all[index].untaken - count)
            return true
        default: return nil
        }
    }

    private mutating func end(_ index: Int, _ reply: VisitReply) {
        guard !all[index].hasEnded else { return }
        all[index].hasEnded = true
        news.append(News(visitor: all[index].visitor, reply: reply))
    }

    /// The looks of a machine, or all, never end.
    mutating func fail(machine: Int? = nil, _ reason: String) {
        for index in all.indices where (machine ?? all[index].machine) == all[index].machine {
            end(index, .failed(VisitFailure(RunError(.failed, reason))))
        }
    }

    /// Its visitor has gone.
    mutating func abandon(_ number: Int) {
        if let index = index(number) { all[index].hasEnded = true }
    }

    mutating func takeNews() -> [News] {
        defer { news = [] }
        return news
    }

    private func index(_ number: Int) -> Int? {
        let index = number - Self.firstNumber
        return all.indices.contains(index) ? index : nil
    }
}
