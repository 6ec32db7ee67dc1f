package adreporting.connectors;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.config.ConfigData;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.config.ConfigException;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.config.provider.ConfigProvider;

/**
 * Settings of Kafka's clients that stand in a file of their own, as Kafka's command-line tools take it: passwords, keys.
 *
 * <p>A table carries only references to them. Each client reads the file itself, where it runs, so that no secret is in a
 * job, a plan, a log, a checkpoint or the web UI.
 */
public final class ClientPropertiesFile implements ConfigProvider {

    private static final String PROVIDER = "client-properties-file";
    private static final String KAFKA = "org.apache.kafka.";
    /** Where the Kafka client inside Flink's connector has its classes. */
    private static final String SHADED =
            ConfigProvider.class.getName().substring(0, ConfigProvider.class.getName().indexOf(KAFKA)) + KAFKA;

    /**
     * Have clients with these properties take each setting of the file, besides those they have.
     *
     * @throws IllegalArgumentException where it cannot be read; its message is a sentence for a person
     */
    public static void refer(Properties properties, String file) {
        Map<String, String> settings;
        try {
            settings = read(file);
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    String.format("The file of Kafka client properties, %s, cannot be read: %s", file, e), e);
        }
        properties.put("config.providers", PROVIDER);
        properties.put("config.providers." + PROVIDER + ".class", ClientPropertiesFile.class.getName());
        for (String name : settings.keySet()) {
            properties.put(name, "${" + PROVIDER + ":" + file + ":" + name + "}");
        }
    }

    @Override
    public ConfigData get(String path) {
        try {
            return new ConfigData(read(path));
        } catch (IOException e) {
            throw new ConfigException("The file of Kafka client properties, " + path + ", cannot be read: " + e);
        }
    }

    @Override
    public ConfigData get(String path, Set<String> keys) {
        Map<String, String> settings = new HashMap<>(get(path).data());
        settings.keySet().retainAll(keys);
        return new ConfigData(settings);
    }

    @Override
    public void configure(Map<String, ?> settings) {}

    @Override
    public void close() {}

    private static Map<String, String> read(String file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file))) {
            properties.load(reader);
        }
        Map<String, String> settings = new HashMap<>();
        // Login modules are named by their class.
        properties.forEach((name, value) -> settings.put((String) name, ((String) value).replace(KAFKA, SHADED)));
        return settings;
    }
}
