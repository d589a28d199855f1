package dev.restbus.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.restbus.broker.log.FileDisk;
import dev.restbus.broker.log.FileLog;
import dev.restbus.broker.log.LogCheck;
import dev.restbus.broker.log.LogId;
import dev.restbus.broker.log.LogSettings;
import dev.restbus.coordinator.JournalConformance;
import dev.restbus.coordinator.journal.Journal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedJournalTest extends JournalConformance {

    @TempDir Path folder;

    @Override
    protected Journal open() {
        return new EmbeddedJournal(
                FileLog.open(
                        new FileDisk(),
                        folder.resolve("journal"),
                        new LogId("__metadata", new UUID(0, 0), 0),
                        LogSettings.DEFAULT));
    }

    @AfterEach
    void theLogIsSound() throws IOException {
        LogCheck.Report report = LogCheck.checkLog(new FileDisk(), folder.resolve("journal"));
        assertThat(report.sound()).as("%s", report.findings()).isTrue();
    }
}
