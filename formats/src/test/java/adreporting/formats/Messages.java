package adreporting.formats;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Messages for the columns of {@link Decoders#ALL_KINDS}: plain, odd and broken, the same for the same seed.
 *
 * <p>A third are plain; the others are put together field by field, with values that are right for their column more
 * often than not. Some of both are then damaged, byte by byte.
 */
final class Messages {

    private final Random random;
    private final List<Supplier<String>> values;

    Messages(long seed) {
        random = new Random(seed);
        values =
                List.of(
                        this::text,
                        this::wholeNumber,
                        this::oddNumber,
                        this::timestamp,
                        () -> one("true", "false", "null", "True", "nul", "nulls", "truefalse"),
                        () -> "{" + fields(random.nextInt(4), 2) + "}",
                        () -> one("[]", "[1,2]", "[[{}]]", "[1,]", "{}", "[", "\"", "-", "+1", ".5", "NaN", ""));
    }

    byte[] next() {
        String message = space() + "{" + fields(random.nextInt(11), 1) + "}" + space();
        if (random.nextInt(40) == 0) {
            message = one(message + message, "[" + message + "]", message + ",", "null", "7", "\"x\"", "", " ", "\uFEFF" + message);
        }
        if (random.nextInt(3) == 0) {
            return random.nextInt(8) == 0 ? damaged(nextPlain()) : nextPlain();
        }
        byte[] bytes = message.getBytes(random.nextInt(200) == 0 ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_8);
        return random.nextInt(6) == 0 ? damaged(bytes) : bytes;
    }

    /** A message and what makes it plain: ASCII, right types, known names. */
    byte[] nextPlain() {
        List<String> fields =
                new ArrayList<>(
                        List.of(
                                "\"text\":\"" + random.nextInt() + "\"",
                                "\"small\":" + random.nextInt(),
                                "\"big\":" + random.nextInt() * 1_000_000L,
                                "\"yes\":" + random.nextBoolean(),
                                "\"at\":null",
                                "\"user\":{\"id\":\"x\",\"age\":" + random.nextInt(100) + "}",
                                "\"more\":[1.5,{\"text\":1},null]"));
        Collections.shuffle(fields, random);
        return ("{" + String.join(one(",", " , ", ",\n"), fields) + "}").getBytes(StandardCharsets.UTF_8);
    }

    private String fields(int count, int depth) {
        List<String> fields = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = one("text", "small", "big", "yes", "at", "at_utc", "user", "price", "id", "age", "other", "\\u0061t", "té");
            fields.add(space() + '"' + name + '"' + space() + ":" + space() + value(name, depth) + space());
        }
        return String.join(",", fields);
    }

    private String value(String name, int depth) {
        if (random.nextInt(20) == 0) {
            return depth > 4 ? "1" : values.get(random.nextInt(values.size())).get();
        }
        return switch (name) {
            case "text", "id" -> text();
            case "small", "big", "age" -> wholeNumber();
            case "yes" -> one("true", "false");
            case "at", "at_utc" -> timestamp();
            case "user" -> "{" + fields(random.nextInt(4), depth + 1) + "}";
            case "price" -> one("1.5", "-0.25", "3", "1e3");
            default -> random.nextBoolean() ? "[1.5, {\"a\": null}]" : values.get(random.nextInt(4)).get();
        };
    }

    private String text() {
        return '"' + one("", "a", "web", "null", "12", "a b", "\\n", "\\\"", "\\u00e9", "é", "漢字", "😀", "\t", "\u007f", "1.5", "true", "\\x", "\\ud800", "b", "c", "d", "e") + '"';
    }

    private String wholeNumber() {
        return switch (random.nextInt(12)) {
            case 0 -> one("0", "-0", "-1", "2147483647", "2147483648", "-2147483648", "-2147483649", "00", "01", "-01");
            case 1 -> one("9223372036854775807", "9223372036854775808", "-9223372036854775808", "999999999999999999", "1000000000000000000", "1795363620123");
            case 2 -> "\"" + random.nextInt() + "\"";
            default -> String.valueOf(random.nextInt(1_000_000));
        };
    }

    private String oddNumber() {
        return one("1.0", "1.5", "-0.0", "1e2", "1E+2", "1.", "1.5.5", "1e", "0x10", "1_000", "123abc", "--1", "1 2", "1e400", "9".repeat(400));
    }

    private String timestamp() {
        if (random.nextInt(12) == 0) {
            return "\"" + one("", "yesterday", "2026-11-22", "16:07:00", "2026-11-22 16:07", "2026-11-22 16:07:00.", "2026-11-22 16:07:00.1234567890", "2026-11-22 24:00:00", "2026-11-22 23:59:60", "2026-02-29 00:00:00", "2024-02-30 00:00:00", "2026-04-31 00:00:00", "2026-13-01 00:00:00", "2026-00-01 00:00:00", "2026-01-00 00:00:00", "0000-01-01 00:00:00", "9999-12-31 23:59:59.999", "+12026-01-01 00:00:00", "-0001-01-01 00:00:00", "2026-11-22  16:07:00", "2026-1-2 3:4:5", " 2026-11-22 16:07:00", "2026-11-22 16:07:00 ", "2026-11-22T16:07:00+01:00", "202611-22 16:07:00", "20a6-11-22 16:07:00") + "\"";
        }
        String digits = String.format("%09d", random.nextInt(1_000_000_000)).substring(0, random.nextInt(10));
        String at =
                String.format(
                        "%04d-%02d-%02d%s%02d:%02d:%02d%s",
                        random.nextInt(5) == 0 ? random.nextInt(10_000) : 1900 + random.nextInt(300),
                        1 + random.nextInt(12),
                        1 + random.nextInt(random.nextInt(5) == 0 ? 32 : 28),
                        one(" ", " ", " ", " ", "T", "T"),
                        random.nextInt(24),
                        random.nextInt(60),
                        random.nextInt(60),
                        digits.isEmpty() ? "" : "." + digits);
        return '"' + at + one("", "", "Z") + '"';
    }

    private String space() {
        return random.nextInt(12) == 0 ? one(" ", "\n", "\t", "\r\n", "  ", "\f", "\u00a0") : "";
    }

    private byte[] damaged(byte[] bytes) {
        byte[] b = bytes.clone();
        for (int times = 1 + random.nextInt(3); times > 0 && b.length > 0; times--) {
            int at = random.nextInt(b.length);
            switch (random.nextInt(5)) {
                case 0 -> b[at] = (byte) random.nextInt(256);
                case 1 -> b = Arrays.copyOf(b, at);
                case 2 -> b[at] = (byte) "{}[]\",:0\\ \u0000".charAt(random.nextInt(11));
                case 3 -> System.arraycopy(b.clone(), at, b, 0, b.length - at);
                default -> {
                    byte[] longer = Arrays.copyOf(b, b.length + 1);
                    System.arraycopy(b, at, longer, at + 1, b.length - at);
                    longer[at] = (byte) "{}[]\",:0-\\".charAt(random.nextInt(10));
                    b = longer;
                }
            }
        }
        return b;
    }

    private String one(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
