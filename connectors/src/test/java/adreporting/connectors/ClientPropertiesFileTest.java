package adreporting.connectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientPropertiesFileTest {

    @TempDir private Path folder;

    @Test
    void aClientFindsTheSecretThatItsPropertiesDoNotHold() throws IOException {
        Path file = folder.resolve("client.properties");
        Files.writeString(
                file,
                "security.protocol=SASL_SSL\n"
                        + "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required"
                        + " username=\"me\" password=\"hush\";\n");
        Properties properties = new Properties();
        properties.put("bootstrap.servers", "localhost:9092");
        ClientPropertiesFile.refer(properties, file.toString());
        assertFalse(properties.toString().contains("hush"), properties.toString());

        AdminClientConfig client = new AdminClientConfig(properties);
        assertEquals("SASL_SSL", client.getString("security.protocol"));
        String login = client.getPassword("sasl.jaas.config").value();
        assertTrue(login.startsWith(ScramLoginModule.class.getName() + " required"), login);
        assertTrue(login.contains("password=\"hush\""), login);
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> ClientPropertiesFile.refer(new Properties(), "/no/such/file"))
                        .getMessage();
        assertTrue(message.contains("/no/such/file, cannot be read"), message);
    }
}
