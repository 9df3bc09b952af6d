from services.cli.display import plain


def test_text_from_outside_cannot_steer_the_terminal():
    assert plain("a\x1b[31mb\x07c\u202ed\r").plain == "a [31mbc d"
    assert plain("[red]x[/red]").plain == "[red]x[/red]"


def test_nested_values_are_json():
    assert plain({"a": [1, None]}).plain == '{"a":[1,null]}'
    assert plain(None).plain == ""
    assert plain(True).plain == "true"
