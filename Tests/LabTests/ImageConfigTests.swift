import Lab
import LabPlan
import Testing

/// What an image says of its programs, in a machine.
struct ImageConfigTests {
    /// A machine of a lab, with what an image says.
    private func machine(_ keys: String, _ config: String) throws -> MachinePlan {
        let text = "name: x\nuntil: 60s\nmachines: { m: { root: \"oci:i:t\"\(keys) } }"
        let plan = try LabFile.parse(text, name: "lab.yaml")
        let json = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\(config)}}"
        return try ImageConfig(json: json).applied(to: plan.machines[0])
    }

    @Test func theImageSaysWhatTheLabDoesNot() throws {
        let config =
            #""Entrypoint":["e","1"],"Cmd":["c"],"Env":["A=1","B=x=y","C"],"User":"7","WorkingDir":"srv","StopSignal":"3""#
        var machine = try machine(", env: { A: 2 }", config)
        #expect(machine.commands.map(\.words) == [["e", "1", "c"]])
        #expect(machine.commands[0].stopSignal == SignalName("QUIT"))
        #expect(machine.commands[0].expectation == .statusOrRunning(0) && !machine.commands[0].background)
        #expect(machine.environment.map { "\($0.name)=\($0.value)" } == ["B=x=y", "C=", "A=2"])
        #expect(machine.software.user == "7" && machine.software.workingFolder == "/srv")
        machine = try self.machine(", command: [d], user: u, workdir: /w, restart: always", config)
        #expect(machine.commands.map(\.words) == [["e", "1", "d"]])
        #expect(machine.software.user == "u" && machine.software.workingFolder == "/w")
        // The image's arguments are for its own program.
        machine = try self.machine(", entrypoint: [f]", config)
        #expect(machine.commands.map(\.words) == [["f"]])
        machine = try self.machine(", run: [x]", config)
        #expect(machine.commands.map(\.command) == ["x"] && machine.commands[0].words == nil)
    }

    @Test func healthChecksComeAlong() throws {
        let config =
            #""Cmd":["c"],"Healthcheck":{"Test":["CMD-SHELL","probe -x"],"Interval":5000000000,"Retries":2,"StartPeriod":0}"#
        let check = try #require(try machine("", config).checks.last)
        guard case .health(let plan) = check.schedule else { return #expect(Bool(false)) }
        #expect(check.command == "probe -x" && check.words == nil)
        #expect(plan.interval == 5_000_000_000 && plan.timeout == 30_000_000_000 && plan.retries == 2)
        #expect(
            try machine("", #""Healthcheck":{"Test":["CMD","a","b c"]}"#).checks.last?.words == ["a", "b c"])
        #expect(try machine("", #""Healthcheck":{"Test":["NONE"]}"#).checks.isEmpty)
        #expect(try machine(", health: none", config).checks.isEmpty)
        #expect(try machine(", health: { test: own }", config).checks.map(\.command) == ["own"])
    }

    /// What a lab file cannot say either would make a run that cannot be replayed.
    @Test(arguments: [
        #""User":"a b""#, #""User":"a:b:c""#, #""WorkingDir":"/a/../b""#, #""Cmd":["a\u0000b"]"#,
        #""StopSignal":"SIGRTMIN+3","Cmd":["c"]"#,
        #""Entrypoint":"text""#, #""Cmd":["\#(String(repeating: "x", count: 60_000))"]"#,
    ]) func hostileImagesAreRefused(config: String) {
        #expect(throws: TextError.self) { try machine("", config) }
    }

    /// The resolved lab is the same lab, so a run can be replayed.
    @Test func aResolvedMachineIsReadAgain() throws {
        let text = "name: x\nmachines: { m: { root: \"oci:i:t\", restart: on-failure:2 } }"
        var plan = try LabFile.parse(text, name: "lab.yaml")
        let config = try ImageConfig(
            json:
                #"{"config":{"Cmd":["c","'q' \\ $x"],"Env":["A=\" \n"],"StopSignal":"INT","Healthcheck":{"Test":["CMD","p"]}}}"#
        )
        plan.machines[0] = try config.applied(to: plan.machines[0])
        let again = try LabFile.parse(plan.yaml, name: "lab.yaml")
        #expect(again.machines[0].commands == plan.machines[0].commands)
        #expect(try config.applied(to: again.machines[0]).commands == plan.machines[0].commands)
        #expect(try config.applied(to: again.machines[0]).checks == plan.machines[0].checks)
        #expect(try config.applied(to: again.machines[0]).environment == plan.machines[0].environment)
    }
}
