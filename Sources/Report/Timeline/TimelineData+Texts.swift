extension TimelineData {
    /// Shortens texts until those of each kind take no more than `limits.textBytes`, and adds a note if any was.
    mutating func shortenTexts(_ limits: TimelineLimits) {
        let (limit, budget) = (limits.textLength, limits.textBytes)
        var shortest = limit
        func length(_ texts: some Sequence<String>) -> Int {
            let length = TimelineText.length(of: texts, limit: limit, budget: budget)
            shortest = min(shortest, length)
            return length
        }
        let consoleLength = length(console.lazy.map(\.text))
        for index in console.indices {
            console[index].text = Format.shortened(console[index].text, to: consoleLength)
        }
        let commandLength = length(commands.lazy.map(\.text))
        for index in commands.indices {
            commands[index].text = Format.shortened(commands[index].text, to: commandLength)
        }
        let markLength = length(marks.lazy.map(\.text))
        for index in marks.indices {
            marks[index].text = Format.shortened(marks[index].text, to: markLength)
        }
        let faultLength = length(faults.lazy.map(\.text))
        for index in faults.indices {
            faults[index].text = Format.shortened(faults[index].text, to: faultLength)
        }
        for index in verdicts.indices {
            verdicts[index].name = TimelineText.clean(verdicts[index].name, limit: limit)
            verdicts[index].reason = verdicts[index].reason.map { TimelineText.clean($0, limit: limit) }
        }
        let verdictLength = length(verdicts.lazy.map { $0.name + ($0.reason ?? "") })
        for index in verdicts.indices where verdictLength < limit {
            verdicts[index].name = Format.shortened(verdicts[index].name, to: verdictLength / 2)
            verdicts[index].reason = verdicts[index].reason.map {
                Format.shortened($0, to: verdictLength / 2)
            }
        }
        if shortest < limit { notes.append("Texts are shortened to \(shortest) characters.") }
    }
}
