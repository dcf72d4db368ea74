// The frames of kadath.v1 and the answers over HTTP, made from the server's own types. Not to be edited:
// `UPDATE=1 cargo test --test blackbox schema` writes it anew.

/** `admin_summon` */
export type AdminSummonFrame = Envelope & {
  data: AdminSummoned;
  event_type: "admin_summon";
};

/** `admin_summon`: an admin here has made things. */
export type AdminSummoned = {
  /** Of which prototype. */
  item_id: string;
  item_name: string;
  message: string;
  /** A UUID. */
  player_id: string;
  quantity: number;
  room_id: string;
  /** Who. */
  summoned_by: string;
};

/** `npc_attacked`, to whoever strikes a creature, and `player_attacked`, to the player who is struck. */
export type Attacked = {
  /** What armor kept off. */
  absorbed: number;
  /** A UUID. */
  attacker_id: string;
  attacker_name: string;
  damage: number;
  damage_kind: string;
  message: string;
  /** `hit`, `miss`, `critical` or `fumble`. */
  outcome: string;
  room_id: string;
  target_current_dp: number;
  /** A UUID. */
  target_id: string;
  target_max_dp: number;
  target_name: string;
};

/** A sign-in, or the resume of a session. */
export type Authentication = {
  /** Whom to play; without it, the account's most recently played character. */
  character_id?: string | null;
  /** The session to go on with. */
  resume?: ResumePoint | null;
  /** The `access_token` of a sign-in over HTTP. */
  token: string;
};

/** Somebody awake. */
export type AwakePlayer = {
  /** They have said that they are away from the keyboard. */
  afk: boolean;
  /** They are on another node. */
  elsewhere: boolean;
  is_admin: boolean;
  /** Known of those on this node. */
  level?: number;
  /** Their connection is away. */
  linkdead: boolean;
  name: string;
  /** The name of the sub-zone. */
  place: string;
};

/** `player_entered_game` and `player_left_game`. */
export type CameOrWent = {
  message: string;
  /** A UUID. */
  player_id: string;
  player_name: string;
  room_id: string;
};

export type CarriedThing = {
  /** A UUID. */
  id: string;
  name: string;
  quantity: number;
};

/** `catatonia`: somebody's mind is gone, or back, told to that player and to those who see it
 * happen; or it cries out, told to those near and to the admins. */
export type Catatonia = {
  current_lcd: number;
  message: string;
  /** Who has fetched the mind back; null while it is gone, and where it came back by itself. */
  rescuer_name: string | null;
  /** `catatonic`, `recovered` when it is over, `cry` when the lost mind cries out. */
  status: string;
  target_name: string;
};

/** `catatonia` */
export type CatatoniaFrame = Envelope & {
  data: Catatonia;
  event_type: "catatonia";
};

/** Why points changed: a stable word for clients. */
export type Cause = string;

/** Why lucidity changed: a stable word for clients and for the chronicle. */
export type Cause2 = string;

/** A way to talk. */
export type Channel = "say" | "local" | "global" | "whisper" | "emote" | "pose" | "system" | "admin";

/** A character as the outside sees it. */
export type CharacterCard = {
  created_at: string;
  /** A UUID. */
  id: string;
  last_active: string | null;
  name: string;
  /** The same once more, under the name that frames use. */
  player_id: string;
  profession: string | null;
};

/** All characters of an account. */
export type CharacterCards = {
  characters: CharacterCard[];
};

/** `chat_history`: what was said in a room before one came in. */
export type ChatHistory = {
  /** The lines, oldest first; a few, of the last minutes. */
  lines: PastLine[];
  /** The room's id. */
  room_id: string;
};

/** `chat_history` */
export type ChatHistoryFrame = Envelope & {
  data: ChatHistory;
  event_type: "chat_history";
};

/** Something said. Who and when are said once: many hear it. */
export type ChatMessage = {
  /** The speaker is an admin; absent where not. A name can be made to look like another's, this
   * can't. */
  admin?: boolean;
  /** On which channel. */
  channel: Channel;
  /** What is read: "Ann says: hello". */
  message: string;
  /** This line's own id. */
  message_id: string;
  /** The bare words. */
  original_content: string;
  /** Their name. */
  player_name: string;
  /** Who said it. */
  sender_id: string;
  /** What a mind that is not well did to the words, the speaker's or the hearer's: `strained`,
   * `muffled`, `scrambled`, `murmured`; absent where nothing. */
  tags?: string[];
  /** To whom, where to one. */
  target_id?: string;
  /** Their name. */
  target_name?: string;
  /** When it was said, by the wall clock, RFC 3339; absent where that is when the frame was made. */
  timestamp?: string;
};

/** `chat_message` */
export type ChatMessageFrame = Envelope & {
  data: ChatMessage;
  event_type: "chat_message";
};

/** What a client sends: JSON of at most 10 KiB, nested at most 10 deep. */
export type ClientFrame = {
  /** Who. */
  data: Authentication;
  type: "authenticate";
} | {
  /** The line. */
  data: CommandLine;
  /** Rises per character, not necessarily by 1. Without it a resend can't be told from a
   * new command. */
  id?: number | null;
  type: "command";
} | {
  /** Nothing. */
  data?: Nothing | null;
  type: "ping";
};

/** Why something was refused; the word is what clients match on, so it never changes. */
export type Code = "authentication_failed" | "authorization_denied" | "invalid_token" | "token_expired" | "validation_error" | "invalid_input" | "missing_required_field" | "invalid_format" | "resource_not_found" | "resource_already_exists" | "resource_conflict" | "game_logic_error" | "invalid_command" | "invalid_movement" | "player_not_in_room" | "database_error" | "database_connection_error" | "database_query_error" | "network_error" | "connection_error" | "timeout_error" | "rate_limit_exceeded" | "too_many_requests" | "configuration_error" | "system_error" | "internal_error" | "websocket_error" | "message_processing_error" | "server_busy" | "storage_unavailable" | "command_out_of_order" | "session_taken_over" | "slow_client";

/** `combat_ended`: you are in it no longer. */
export type CombatEnded = {
  /** A UUID. */
  combat_id: string;
  duration_seconds: number;
  message: string;
  /** `victory`, `defeat`, `fled`, `separated` or `timeout`. */
  reason: string;
  room_id: string;
};

/** `combat_ended` */
export type CombatEndedFrame = Envelope & {
  data: CombatEnded;
  event_type: "combat_ended";
};

/** `combat_round`: a round is over. */
export type CombatRound = {
  /** A UUID. */
  combat_id: string;
  /** Which it was, from 1. */
  combat_round: number;
  /** What you do at your next turn: `attack`, `flee`, `defend`, `taunt` or `aid`. */
  intent: string;
  /** How long it is until the next one. */
  next_round_ms: number;
  participants: FighterView[];
  room_id: string;
  /** The round in one line. */
  summary: string;
  you: OwnRound;
};

/** `combat_round` */
export type CombatRoundFrame = Envelope & {
  data: CombatRound;
  event_type: "combat_round";
};

/** `combat_started`: you are in a fight. */
export type CombatStarted = {
  /** A UUID. */
  combat_id: string;
  /** How long it is until the next round. */
  next_round_ms: number;
  /** Who is in it, in the order in which they act. */
  participants: FighterView[];
  room_id: string;
  /** Their ids in that order. */
  turn_order: string[];
};

/** `combat_started` */
export type CombatStartedFrame = Envelope & {
  data: CombatStarted;
  event_type: "combat_started";
};

/** `combat_target_switch` */
export type CombatTargetSwitchFrame = Envelope & {
  data: TargetSwitch;
  event_type: "combat_target_switch";
};

/** A line as it is typed, or a verb and its words. */
export type CommandLine = {
  /** `say hello`; at most 1,000 characters, none of them a control character. */
  line: string;
} | {
  /** `hello` */
  args?: string[] | null;
  /** `say` */
  command: string;
};

/** `command_response`: the one outcome of a command. */
export type CommandResponse = {
  /** What the text says, for programs, where the command has it. Not repeated. */
  data?: HelpResult | StatusResult | WhoResult | WhoHereResult | InventoryResult | MapResult | TimeResult | HistoryResult;
  /** Why it was not done. */
  error?: Reason;
  /** The client's id; `null` where it gave none. */
  id: number | null;
  /** It was done. */
  ok: boolean;
  /** This is the outcome of an earlier execution; nothing was done now. */
  repeated?: boolean;
  /** The text to show. */
  result?: string;
};

/** `command_response` */
export type CommandResponseFrame = Envelope & {
  data: CommandResponse;
  event_type: "command_response";
};

/** A stack in another. */
export type ContainedStack = {
  /** A UUID. */
  item_instance_id: string;
  item_name: string;
  prototype_id: string;
  quantity: number;
};

/** A part of the Mythos day; the hours in which the first three are kept are the world's to say. */
export type Daypart = "witching" | "dawn" | "dusk" | "day" | "night";

/** `player_delirium_respawned`: the player woke where they had asked to. */
export type DeliriumRespawned = {
  current_lcd: number;
  /** The id of the room that they were lost in. */
  delirium_location?: string;
  message: string;
  /** As `current_lcd`. */
  new_lucidity: number;
  old_lucidity: number;
  /** A UUID. */
  player_id: string;
  player_name: string;
  /** As `room_id`. */
  respawn_room_id: string;
  room_id: string;
};

/** The ten ways to go. */
export type Direction = "north" | "east" | "south" | "west" | "northeast" | "northwest" | "southeast" | "southwest" | "up" | "down";

/** `durable`: what was done up to a tick survives a crash. */
export type Durable = {
  /** The process whose ticks are meant. */
  run: string;
  /** Every effect with a tick up to this one. */
  through_tick: number;
};

/** `durable` */
export type DurableFrame = Envelope & {
  data: Durable;
  event_type: "durable";
};

/** `effects_update`: what is upon you, all of it, whenever something comes or goes. */
export type EffectsUpdate = {
  /** All of it, the oldest first. */
  effects: StatusEffect[];
  /** You have just come into the world, and nobody attacks you. */
  login_grace_period_active: boolean;
  /** For so many seconds more. */
  login_grace_period_remaining: number;
};

/** `effects_update` */
export type EffectsUpdateFrame = Envelope & {
  data: EffectsUpdate;
  event_type: "effects_update";
};

/** `encounter`: a sight that took something from the mind; what, a `lucidity_change` tells. */
export type Encounter = {
  archetype: string;
  category: Horror;
  /** Which exposure to this kind it was, counted from 1. */
  exposure: number;
  message: string;
};

/** `encounter` */
export type EncounterFrame = Envelope & {
  data: Encounter;
  event_type: "encounter";
};

/** What every frame of the server has, whatever its `data`. */
export type Envelope = {
  /** What it is, and so what `data` is. */
  event_type: string;
  /** The character it is about, where it is about one. */
  player_id?: string;
  /** The room it is about, where it is about one. */
  room_id?: string;
  /** Grows by exactly 1 per frame of the session; the first `welcome` is 1, frames before
   * sign-in have 0. */
  sequence_number: number;
  /** The tick that produced the frame; for frames of the gateway's own, the last one it saw. */
  tick: number;
  /** The wall clock at that tick, RFC 3339. */
  timestamp: string;
};

/** `inventory_equip` and `inventory_unequip`: somebody here puts something on, or takes it off. */
export type Equipped = {
  /** Of which prototype. */
  item_id: string;
  /** A UUID. */
  item_instance_id: string;
  item_name: string;
  message: string;
  /** A UUID. */
  player_id: string;
  player_name: string;
  room_id: string;
  /** Where it is worn, or was. */
  slot: Slot;
};

/** The body of a refusal. */
export type ErrorBody = {
  error: ErrorNote;
};

/** `error` */
export type ErrorFrame = Envelope & {
  data: ErrorNote;
  event_type: "error";
};

/** `error`: something was refused that has no answer of its own, or the socket is about to close. */
export type ErrorNote = {
  /** The catalogue word. */
  code: Code;
  /** The field at fault, where one is. */
  field?: string;
  /** A sentence for a person. */
  message: string;
  /** How long to wait before trying again. */
  retry_after_ms?: number;
};

/** A way out as clients see it. */
export type ExitView = {
  /** It is closed. */
  closed?: boolean;
  /** What it is called. */
  door?: string;
  /** It is locked. */
  locked?: boolean;
  /** What it looks like. */
  name?: string;
  /** The id of the room it leads to. */
  to: string;
};

/** `explored_map`: a page of the rooms this character has been in, the nearest first. */
export type ExploredMap = {
  /** Whether another page follows. */
  more: boolean;
  /** Which page, from 1. The first replaces what was known, each later one adds to it. */
  page: number;
  rooms: MapRoom[];
};

/** `explored_map` */
export type ExploredMapFrame = Envelope & {
  data: ExploredMap;
  event_type: "explored_map";
};

/** Somebody in a fight as clients see them. */
export type FighterView = {
  /** How they are: `unhurt`, `scratched`, `hurt`, `badly hurt`, `failing`, `down`. */
  band: string;
  /** Your own points; others' are not told. */
  dp?: number;
  /** A UUID. */
  id: string;
  /** `player` or `npc`. */
  kind: string;
  /** Your own most. */
  max_dp?: number;
  name: string;
  /** Whom they strike, if anybody. */
  target_id?: string;
};

/** `game_state`: everything a client needs to begin. */
export type GameState = {
  /** What stands there and can be reached into. */
  containers?: StandingThing[];
  /** How many people there are in the room. */
  count: number;
  /** How many things lie there. */
  drop_count: number;
  /** The same in words; empty where nothing lies. */
  drop_summary: string;
  /** The creatures in the room, the first 50 of them. */
  npcs: Npc[];
  /** The names of the people in the room: all of them up to 50, else the 50 that matter most. */
  occupants: string[];
  player: Sheet;
  /** The same people in the same order. */
  players: Occupant[];
  room: RoomView;
  /** Things on the floor, those that lie longest first: all up to 50, else the first 50. */
  room_drops: RoomDrop[];
};

/** `game_state` */
export type GameStateFrame = Envelope & {
  data: GameState;
  event_type: "game_state";
};

/** `inventory_given`: somebody here has given something to somebody else here. */
export type Given = {
  /** Of which prototype. */
  item_id: string;
  /** A UUID. */
  item_instance_id: string;
  item_name: string;
  /** In words, for whoever reads it. */
  message: string;
  /** A UUID. */
  player_id: string;
  player_name: string;
  quantity: number;
  room_id: string;
  /** A UUID. */
  to_id: string;
  to_name: string;
};

/** `hallucination`: what only this player perceives. */
export type Hallucination = {
  /** `phantom_hostile`, `fake_npc_tell` or `room_text_overlay`. */
  hallucination_type: string;
  message: string;
  metadata?: Phantom;
};

/** `hallucination` */
export type HallucinationFrame = Envelope & {
  data: Hallucination;
  event_type: "hallucination";
};

/** `inventory_pickup` and `inventory_drop`: somebody here has taken something, or put it down. */
export type Handed = {
  /** Of which prototype. */
  item_id: string;
  /** A UUID. */
  item_instance_id: string;
  item_name: string;
  message: string;
  /** A UUID. */
  player_id: string;
  player_name: string;
  quantity: number;
  room_id: string;
};

export type HelpCommand = {
  /** What it does, in a few sentences. */
  help: string;
  usage: string;
  /** What players type; the first word is its name. */
  words: string[];
};

/** What there is to do, or more about one of it. */
export type HelpResult = {
  /** The commands that the text tells of. */
  commands: HelpCommand[];
  kind: "help";
  /** The topics of which more can be read. */
  topics: string[];
};

/** What was said before on a channel. */
export type HistoryResult = {
  /** Which; `say` stands for all that was said in the room. */
  channel: Channel;
  kind: "history";
  /** The lines, oldest first. */
  lines: PastLine[];
};

/** A day that is kept each year. */
export type Holiday = {
  /** Words that rules can look for. */
  bonus_tags: string[];
  /** The day of the month. */
  day: number;
  /** How many Mythos hours it lasts; it begins at midnight. Above the
   * world's `holiday_hours_max` (48) counts as that. */
  duration_hours: number;
  /** Its word. */
  id: string;
  /** The month, 1 to 12. */
  month: number;
  /** What people call it. */
  name: string;
  /** The season it belongs to. */
  season: Season;
  /** Whose it is. */
  tradition: string;
};

/** How terrible a sight is. */
export type Horror = "disturbing" | "horrific" | "cosmic";

/** What a stack holds. */
export type InnerContainer = {
  capacity_slots: number;
  /** Whether it is closed. */
  closed: boolean;
  items: ContainedStack[];
  weight_limit?: number;
};

/** `inventory_drop` */
export type InventoryDropFrame = Envelope & {
  data: Handed;
  event_type: "inventory_drop";
};

/** `inventory_equip` */
export type InventoryEquipFrame = Envelope & {
  data: Equipped;
  event_type: "inventory_equip";
};

/** `inventory_given` */
export type InventoryGivenFrame = Envelope & {
  data: Given;
  event_type: "inventory_given";
};

/** `inventory_pickup` */
export type InventoryPickupFrame = Envelope & {
  data: Handed;
  event_type: "inventory_pickup";
};

/** What somebody has. */
export type InventoryResult = {
  /** What they wear and hold, by slot. */
  equipped: Record<string, CarriedThing>;
  kind: "inventory";
  /** What they carry, what they have longest first: their places are their numbers. */
  things: CarriedThing[];
};

/** `inventory_unequip` */
export type InventoryUnequipFrame = Envelope & {
  data: Equipped;
  event_type: "inventory_unequip";
};

/** `inventory_update`: what you have now. */
export type InventoryUpdate = {
  /** What you wear and hold, by slot. */
  equipped: Record<string, ThingStack>;
  /** What you carry, what you have longest first. */
  inventory: ThingStack[];
  slots_total: number;
  slots_used: number;
  /** What all of it weighs, in tenths of a pound. */
  weight: number;
  /** What you can bear, in tenths of a pound. */
  weight_max: number;
};

/** `inventory_update` */
export type InventoryUpdateFrame = Envelope & {
  data: InventoryUpdate;
  event_type: "inventory_update";
};

/** `lucidity_change`: how clear a mind is now. Carries the value itself, so a slow client that
 * misses one in between knows all the same. */
export type LucidityChange = {
  current_lcd: number;
  delta: number;
  /** What shocks have left, each with its stacks; absent where there is nothing. */
  liabilities?: string[];
  max_lcd: number;
  /** A UUID. */
  player_id: string;
  reason: Cause2;
  tier: Tier;
};

/** `lucidity_change` */
export type LucidityChangeFrame = Envelope & {
  data: LucidityChange;
  event_type: "lucidity_change";
};

/** What is drawn. */
export type MapResult = {
  /** The id of the room that one is in. */
  here: string;
  kind: "map";
  /** The explored rooms on this floor that the map shows, that one first. */
  rooms: MapRoom[];
};

/** A room on the map: `room_explored`, and each one of an [`ExploredMap`]. */
export type MapRoom = {
  environment: string;
  exits: Record<string, string>;
  id: string;
  name: string;
  sub_zone: string;
  /** What people call its sub-zone. */
  sub_zone_name: string;
  /** Rooms to the east. */
  x: number;
  /** Rooms to the south: a screen's rows grow downwards, though the atlas counts northwards. */
  y: number;
  /** Rooms up. */
  z: number;
  zone: string;
};

/** `mythos_time_update`: what time it is. */
export type MythosTimeUpdate = {
  active_holidays: Holiday[];
  active_schedules: Schedule[];
  day_name: string;
  day_of_month: number;
  daypart: Daypart;
  is_daytime: boolean;
  is_witching_hour: boolean;
  /** What is to be read where a part of the day or a holiday has just begun. */
  message?: string;
  month_name: string;
  mythos_clock: string;
  mythos_datetime: string;
  season: Season;
  server_timestamp: string;
  /** The next three, or as many as the world tells. */
  upcoming_holidays: Holiday[];
  week_of_month: number;
};

/** `mythos_time_update` */
export type MythosTimeUpdateFrame = Envelope & {
  data: MythosTimeUpdate;
  event_type: "mythos_time_update";
};

/** An empty object. */
export type Nothing = Record<string, never>;

/** A creature as clients see it. */
export type Npc = {
  /** Which. */
  id: string;
  /** `shopkeeper`, `quest_giver`, `passive_mob` or `aggressive_mob`. */
  kind: string;
  /** What it is called. */
  name: string;
  /** The number by which it is meant among those of its name here, from 1. */
  number: number;
  /** What is seen of it at once. */
  short: string;
};

/** `npc_attacked` */
export type NpcAttackedFrame = Envelope & {
  data: Attacked;
  event_type: "npc_attacked";
};

/** `npc_died`: a creature in the room is dead. */
export type NpcDied = {
  killer_name?: string;
  message: string;
  /** A UUID. */
  npc_id: string;
  npc_name: string;
  room_id: string;
  /** What you have learned by it. */
  xp_reward?: number;
};

/** `npc_died` */
export type NpcDiedFrame = Envelope & {
  data: NpcDied;
  event_type: "npc_died";
};

/** Somebody in a room as clients see them. */
export type Occupant = {
  /** Who. */
  id: string;
  /** Their connection is away. */
  linkdead: boolean;
  /** What else is seen of them at once, in a few words each. */
  marks?: string[];
  /** Their name. */
  name: string;
  /** How they stand there, in words that follow their name. */
  pose?: string;
  /** How they hold themselves. */
  position: Posture;
};

/** What a round was for you. */
export type OwnRound = {
  /** Points that you took. */
  dealt: number;
  /** Blows of yours that landed. */
  hits: number;
  /** And that did not. */
  misses: number;
  /** Points that you lost. */
  taken: number;
};

/** `player_entered` and `player_left`. */
export type Passing = {
  direction?: Direction;
  from_room_id?: string;
  message: string;
  /** A UUID. */
  player_id: string;
  player_name: string;
  room_id: string;
  to_room_id?: string;
};

/** A line that was said before. */
export type PastLine = {
  /** On which channel. */
  channel: Channel;
  /** What everybody read. */
  message: string;
  /** Their name. */
  player_name: string;
  /** Who said it. */
  sender_id: string;
  /** When, by the wall clock, RFC 3339. */
  timestamp: string;
};

/** A phantom's figures. */
export type Phantom = {
  /** One blow, if it could be struck, and it is gone. */
  determination_points: number;
  is_non_damaging: boolean;
  name: string;
};

/** `player_attacked` */
export type PlayerAttackedFrame = Envelope & {
  data: Attacked;
  event_type: "player_attacked";
};

/** `player_delirium_respawned` */
export type PlayerDeliriumRespawnedFrame = Envelope & {
  data: DeliriumRespawned;
  event_type: "player_delirium_respawned";
};

/** `player_died`: somebody in the room, or you, is dead. */
export type PlayerDied = {
  cause: Cause;
  /** The room's name. */
  death_location?: string;
  /** A UUID. */
  player_id: string;
  player_name: string;
  /** The room's id. */
  room_id?: string;
};

/** `player_died` */
export type PlayerDiedFrame = Envelope & {
  data: PlayerDied;
  event_type: "player_died";
};

/** `player_dp_decay`: what the mortally wounded have lost with this second. */
export type PlayerDpDecay = {
  decay_amount: number;
  new_dp: number;
  old_dp: number;
  /** A UUID. */
  player_id: string;
  room_id?: string;
};

/** `player_dp_decay` */
export type PlayerDpDecayFrame = Envelope & {
  data: PlayerDpDecay;
  event_type: "player_dp_decay";
};

/** `player_dp_updated`: what is left of you. Carries the value itself, so a slow client that
 * misses one in between knows all the same. */
export type PlayerDpUpdated = {
  cause: Cause;
  /** Negative when healed. */
  damage_taken: number;
  max_dp: number;
  new_dp: number;
  old_dp: number;
  /** A UUID. */
  player_id: string;
  room_id?: string;
};

/** `player_dp_updated` */
export type PlayerDpUpdatedFrame = Envelope & {
  data: PlayerDpUpdated;
  event_type: "player_dp_updated";
};

/** `player_entered` */
export type PlayerEnteredFrame = Envelope & {
  data: Passing;
  event_type: "player_entered";
};

/** `player_entered_game` */
export type PlayerEnteredGameFrame = Envelope & {
  data: CameOrWent;
  event_type: "player_entered_game";
};

/** `player_left` */
export type PlayerLeftFrame = Envelope & {
  data: Passing;
  event_type: "player_left";
};

/** `player_left_game` */
export type PlayerLeftGameFrame = Envelope & {
  data: CameOrWent;
  event_type: "player_left_game";
};

/** `player_mortally_wounded`: somebody in the room, or you, can't get up. */
export type PlayerMortallyWounded = {
  cause: Cause;
  /** A UUID. */
  player_id: string;
  player_name: string;
  room_id?: string;
};

/** `player_mortally_wounded` */
export type PlayerMortallyWoundedFrame = Envelope & {
  data: PlayerMortallyWounded;
  event_type: "player_mortally_wounded";
};

/** `player_respawned`: you are back. */
export type PlayerRespawned = {
  /** The id of the room in which you died. */
  death_room_id?: string;
  max_dp: number;
  new_dp: number;
  old_dp: number;
  /** A UUID. */
  player_id: string;
  player_name: string;
  respawn_room_id: string;
};

/** `player_respawned` */
export type PlayerRespawnedFrame = Envelope & {
  data: PlayerRespawned;
  event_type: "player_respawned";
};

/** `player_update`: something of the character is another now. Only what has changed is there. */
export type PlayerUpdate = {
  experience_points?: number;
  level?: number;
  /** What is to be read of it, where there is anything to read. */
  message?: string;
  /** A UUID. */
  player_id: string | null;
  /** How the character stands. */
  position?: string;
  /** Stats by name, as in `game_state`. */
  stats?: Record<string, number>;
  /** The same once more, under the name that older clients know. */
  xp?: number;
};

/** `player_update` */
export type PlayerUpdateFrame = Envelope & {
  data: PlayerUpdate;
  event_type: "player_update";
};

/** `pong`: the answer to a `ping`. */
export type Pong = Record<string, never>;

/** `pong` */
export type PongFrame = Envelope & {
  data: Pong;
  event_type: "pong";
};

/** How somebody holds themselves. */
export type Posture = "standing" | "sitting" | "lying";

/** What a character can live by. */
export type ProfessionChoice = {
  /** What it adds to each stat. */
  bonus: Record<string, number>;
  /** What it is. */
  description: string;
  /** What somebody of it remembers. */
  flavor_text: string;
  /** Its word, to choose it by. */
  id: string;
  /** What people call it. */
  name: string;
  /** The least of each stat that it asks. */
  requires: Record<string, number>;
};

/** Every profession there is. */
export type Professions = {
  professions: ProfessionChoice[];
};

/** Why something was not done. */
export type Reason = {
  /** The catalogue word. */
  code: Code;
  /** A sentence for a person. */
  message: string;
  /** How long to wait before trying again. */
  retry_after_ms?: number;
};

/** What of an earlier run survived. */
export type Recovered = {
  /** That run. */
  run: string;
  /** Exactly its effects up to this tick. */
  tick: number;
};

/** `rescue_update`: how it stands with somebody whose mind is gone. */
export type RescueUpdate = {
  current_lcd: number;
  eta_seconds?: number;
  message: string;
  /** In percent. */
  progress?: number;
  rescuer_name?: string;
  /** `channeling`, `success`, `rescued`, `failed`, `delirium` or `sanitarium`. */
  status: string;
  target_name: string;
};

/** `rescue_update` */
export type RescueUpdateFrame = Envelope & {
  data: RescueUpdate;
  event_type: "rescue_update";
};

/** Where a session goes on. */
export type ResumePoint = {
  /** The last `sequence_number` that the client has seen. */
  last_sequence: number;
  /** The `session_id` of its `welcome`. */
  session_id: string;
};

/** What a character would be born with. */
export type Rolled = {
  /** How long the roll is kept, in seconds. */
  expires_in: number;
  /** Whether they are enough for the profession. */
  meets_requirements: boolean;
  /** The profession it was rolled for. */
  profession: string | null;
  /** What to create it by. */
  roll_id: string;
  /** Its stats by name, with what follows from them: `max_dp`, `max_magic_points`. */
  stats: Record<string, number>;
};

/** A thing on the floor as clients see it. */
export type RoomDrop = {
  /** The number by which it can be meant, from 1. */
  index: number;
  /** Which thing. */
  item_instance_id: string;
  /** What it is called. */
  item_name: string;
  /** How many. */
  quantity: number;
};

/** `room_drops`: what lies and stands where you are, where that changed by your own
 * hand or by nobody's. */
export type RoomDrops = {
  /** What stands there and can be reached into. */
  containers?: StandingThing[];
  /** How many things lie there. */
  drop_count: number;
  /** The same in words; empty where nothing lies. */
  drop_summary: string;
  /** Things on the floor, those that lie longest first: all up to 50, else the first 50. */
  room_drops: RoomDrop[];
};

/** `room_drops` */
export type RoomDropsFrame = Envelope & {
  data: RoomDrops;
  event_type: "room_drops";
};

/** `room_explored` */
export type RoomExploredFrame = Envelope & {
  data: MapRoom;
  event_type: "room_explored";
};

/** `room_message`: something happens here. */
export type RoomMessage = {
  /** The hazard that struck, if one did. */
  hazard?: string;
  message: string;
  /** Who did it, if somebody did. */
  player_id?: string;
  room_id: string;
};

/** `room_message` */
export type RoomMessageFrame = Envelope & {
  data: RoomMessage;
  event_type: "room_message";
};

/** `room_occupants`: who is here now. */
export type RoomOccupants = {
  /** How many people there are in the room. */
  count: number;
  /** The creatures in the room, the first 50 of them. */
  npcs: Npc[];
  /** The names of the people in the room: all of them up to 50, else the 50 that matter most. */
  occupants: string[];
  /** The same people in the same order. */
  players: Occupant[];
};

/** `room_occupants_changed`: who came into your room, who went, who is otherwise now, since the
 * last frame about the people there. */
export type RoomOccupantsChanged = {
  /** Who is otherwise than before, as they are now. In a room of more than 50 some of them may
   * not be on your list. */
  changed: Occupant[];
  /** How many people there are in the room. */
  count: number;
  /** Who came, as they are now: all of them in a room of up to 50, else the 50 that matter most.
   * You may know some of them already. */
  joined: Occupant[];
  /** Who went. */
  left: string[];
  /** The creatures in the room, where they are others than before. */
  npcs?: Npc[];
  /** The room. */
  room_id: string;
};

/** `room_occupants_changed` */
export type RoomOccupantsChangedFrame = Envelope & {
  data: RoomOccupantsChanged;
  event_type: "room_occupants_changed";
};

/** `room_occupants` */
export type RoomOccupantsFrame = Envelope & {
  data: RoomOccupants;
  event_type: "room_occupants";
};

/** `room_update`: where you are now. */
export type RoomUpdate = {
  /** What stands there and can be reached into. */
  containers?: StandingThing[];
  /** How many people there are in the room. */
  count: number;
  /** How many things lie there. */
  drop_count: number;
  /** The same in words; empty where nothing lies. */
  drop_summary: string;
  /** What is here and no person, by name. */
  entities: string[];
  /** The creatures in the room, the first 50 of them. */
  npcs: Npc[];
  /** The count once more, under the name that older clients know. */
  occupant_count: number;
  /** The names of the people in the room: all of them up to 50, else the 50 that matter most. */
  occupants: string[];
  /** The same people in the same order. */
  players: Occupant[];
  /** The room, shared by everybody who comes into it. */
  room: RoomView;
  /** Things on the floor, those that lie longest first: all up to 50, else the first 50. */
  room_drops: RoomDrop[];
};

/** `room_update` */
export type RoomUpdateFrame = Envelope & {
  data: RoomUpdate;
  event_type: "room_update";
};

/** A room as clients see it. */
export type RoomView = {
  /** What one sees at this hour. */
  description: string;
  /** Words of its description and lines that can be looked at. */
  details?: string[];
  /** Its environment's key. */
  environment: string;
  /** The ways out. */
  exits: Record<string, ExitView>;
  /** Its id. */
  id: string;
  /** What else is seen of it, a sentence each. */
  lines?: string[];
  /** Its name. */
  name: string;
  /** Its plane. */
  plane: string;
  /** Its sub-zone's id. */
  sub_zone: string;
  /** What people call its sub-zone. */
  sub_zone_name: string;
  /** Its zone's id. */
  zone: string;
  /** What people call its zone. */
  zone_name: string;
};

/** What is done at which hours. */
export type Schedule = {
  /** Whom it concerns. */
  applies_to: string[];
  /** What kind of thing it is. */
  category: string;
  /** The days it is kept; none: every day. */
  days: string[];
  /** What comes of it. */
  effects: string[];
  /** The hour it is over, 1 to 24; before `start_hour`: on the day after. */
  end_hour: number;
  /** Its word. */
  id: string;
  /** What people call it. */
  name: string;
  /** For those who keep the calendar. */
  notes: string;
  /** The hour it begins, 0 to 23. */
  start_hour: number;
};

/** A quarter of the Mythos year. */
export type Season = "winter" | "spring" | "summer" | "autumn";

/** A frame that the server sends on kadath.v1. */
export type ServerFrame = AdminSummonFrame | CatatoniaFrame | ChatHistoryFrame | ChatMessageFrame | CombatEndedFrame | CombatRoundFrame | CombatStartedFrame | CombatTargetSwitchFrame | CommandResponseFrame | DurableFrame | EffectsUpdateFrame | EncounterFrame | ErrorFrame | ExploredMapFrame | GameStateFrame | HallucinationFrame | InventoryDropFrame | InventoryEquipFrame | InventoryGivenFrame | InventoryPickupFrame | InventoryUnequipFrame | InventoryUpdateFrame | LucidityChangeFrame | MythosTimeUpdateFrame | NpcAttackedFrame | NpcDiedFrame | PlayerAttackedFrame | PlayerDeliriumRespawnedFrame | PlayerDiedFrame | PlayerDpDecayFrame | PlayerDpUpdatedFrame | PlayerEnteredFrame | PlayerEnteredGameFrame | PlayerLeftFrame | PlayerLeftGameFrame | PlayerMortallyWoundedFrame | PlayerRespawnedFrame | PlayerUpdateFrame | PongFrame | RescueUpdateFrame | RoomDropsFrame | RoomExploredFrame | RoomMessageFrame | RoomOccupantsChangedFrame | RoomOccupantsFrame | RoomUpdateFrame | SystemFrame | WelcomeFrame;

/** A player as its own client sees it. */
export type Sheet = {
  created_at: string;
  current_room_id: string;
  /** What they wear and hold, by slot. */
  equipped: Record<string, ThingStack> | null;
  experience_points: number;
  /** A UUID. */
  id: string;
  /** What they carry, what they have longest first. */
  inventory: ThingStack[] | null;
  is_admin: boolean;
  is_guest: boolean;
  /** When the character was active last: now, because it has just come. */
  last_active: string;
  level: number;
  /** What shocks have left, each with its stacks. */
  liabilities: string[] | null;
  lucidity_tier: Tier | null;
  name: string;
  position: Posture;
  profession_description?: string;
  profession_flavor_text?: string;
  profession_id?: number;
  profession_name?: string;
  slots_total: number | null;
  /** How many slots of what they carry are taken, and how many there are. */
  slots_used: number | null;
  stats: Record<string, number>;
  /** What befalls them, the oldest first. */
  status_effects: StatusEffect[] | null;
  user_id: string;
  /** What all of it weighs, in tenths of a pound, and what they can bear. */
  weight: number | null;
  weight_max: number | null;
  /** The same once more, under the name that older clients know. */
  xp: number;
};

/** What a sign-in is answered with. */
export type SignInAnswer = {
  /** What signs in over the websocket, and stands in `Authorization: Bearer`. */
  access_token: string;
  /** The living ones, the most recently played first. */
  characters: CharacterCard[];
  guest: boolean;
  /** Gets another token, once. */
  refresh_token?: string;
  /** `player`, `designer` or `admin`. */
  role: string;
  /** `bearer`. */
  token_type: string;
  /** A UUID. */
  user_id: string;
  username: string;
};

/** Where on somebody a thing is worn: one thing each. */
export type Slot = "head" | "torso" | "legs" | "main_hand" | "off_hand" | "feet" | "hands" | "accessory" | "ring" | "amulet" | "belt" | "backpack";

/** What is known of a stack besides its kind. */
export type StackMetadata = {
  /** What it takes off each kind of harm while it is worn. */
  armour?: Record<string, number>;
  /** How often it can still be used, if that is counted. */
  charges?: number;
  /** How much wear it bears; 0: it never wears. */
  durability: number;
  /** What it is for; absent of what no file knows any more. */
  kind?: string;
  /** Whether it is lit; absent of what never gives light. */
  lit?: boolean;
  /** Where it can be worn or held. */
  slots?: Slot[];
  /** What one is worth, in cents. */
  value: number;
  /** How worn it is. */
  wear: number;
  /** What all of it weighs, in tenths of a pound. */
  weight: number;
};

/** Something that stands in a room and can be reached into, as clients see it. */
export type StandingThing = {
  /** Whether it is closed. */
  closed: boolean;
  /** Which. */
  container_id: string;
  /** `unlocked` or `locked`. */
  lock_state: string;
  /** What it is called. */
  name: string;
  /** `environment`, or `corpse`. */
  source_type: string;
};

/** A condition as clients see it. */
export type StatusEffect = {
  /** How many seconds it lasts in all; absent: until it is taken off. */
  duration?: number;
  /** Its word. */
  effect_type: string;
  /** Whether it does harm. */
  harmful: boolean;
  /** Its picture. */
  icon?: string;
  /** How strong it is, 1 to 10. */
  intensity: number;
  /** What it is called. */
  name: string;
  /** How many are left. */
  remaining_seconds?: number;
  /** What brought it. */
  source: string;
  /** How many of it there are. */
  stacks: number;
};

/** How one stands. */
export type StatusResult = {
  kind: "status";
  /** The experience points at which the next level begins, if there is one. */
  next_level_at?: number;
  player: Sheet;
  room_name: string;
  sub_zone_name: string;
};

/** `system`: the server speaks. */
export type System = {
  /** What it says. */
  message: string;
};

/** `system` */
export type SystemFrame = Envelope & {
  data: System;
  event_type: "system";
};

/** `combat_target_switch`: somebody turns on another. */
export type TargetSwitch = {
  /** A UUID. */
  combat_id: string;
  message: string;
  new_target_name: string;
  npc_name: string;
  room_id: string;
};

/** What is special about a thing (game.md §1.1). */
export type ThingFlag = "MAGICAL" | "CURSED" | "NO_DROP" | "NO_SALE" | "SOULBOUND" | "GLOW" | "QUEST_ITEM" | "CONSUMABLE" | "FIXED" | "HIDDEN";

/** A stack as clients see it. */
export type ThingStack = {
  /** What is special about it. */
  flags: ThingFlag[];
  /** What it holds, if it is a container. */
  inner_container?: InnerContainer;
  /** The same once more, under the name that older clients know. */
  item_id: string;
  /** Which. */
  item_instance_id: string;
  /** What it is called. */
  item_name: string;
  /** What else is known of it. */
  metadata: StackMetadata;
  /** Of which prototype. */
  prototype_id: string;
  /** How many. */
  quantity: number;
  /** `inventory`, or where it is worn. */
  slot_type: string;
  /** How it harms, if it is a weapon. */
  weapon?: WeaponView;
};

/** How clear a mind is, in words; worse is greater. */
export type Tier = "lucid" | "uneasy" | "fractured" | "deranged" | "catatonic";

/** `mythos_time_update`: what time it is. */
export type TimeResult = {
  active_holidays: Holiday[];
  active_schedules: Schedule[];
  day_name: string;
  day_of_month: number;
  daypart: Daypart;
  is_daytime: boolean;
  is_witching_hour: boolean;
  kind: "time";
  /** What is to be read where a part of the day or a holiday has just begun. */
  message?: string;
  month_name: string;
  mythos_clock: string;
  mythos_datetime: string;
  season: Season;
  server_timestamp: string;
  /** The next three, or as many as the world tells. */
  upcoming_holidays: Holiday[];
  week_of_month: number;
};

/** A weapon, in the shape that the original's clients know. */
export type WeaponView = {
  damage_types: string[];
  magical: boolean;
  max_damage: number;
  min_damage: number;
  modifier: number;
};

/** `welcome`: the session holds its character. */
export type Welcome = {
  /** Every effect of this run up to this tick is durable. */
  durable_tick: number;
  /** The highest command id of the character that was executed; 0 if none. */
  last_command_id: number;
  /** The character. */
  player_id: string;
  /** The character's name. */
  player_name: string;
  /** The subprotocol in use. */
  protocol: string;
  /** What of the run before survived. */
  recovered?: Recovered;
  /** The missed frames follow, nothing else does. */
  resumed: boolean;
  /** This process, as 16 hexadecimal digits. */
  run: string;
  /** Names the session; with it a cut client resumes. As secret as a token. */
  session_id: string;
};

/** `welcome` */
export type WelcomeFrame = Envelope & {
  data: Welcome;
  event_type: "welcome";
};

/** Some of the people in a room. */
export type WhoHereResult = {
  /** How many people there are in the room. */
  count: number;
  kind: "who_here";
  /** The name after which the next page begins; absent on the last. */
  next?: string;
  /** Their names. */
  occupants: string[];
  /** Who they are, in the same order. */
  players: Occupant[];
  /** The room. */
  room_id: string;
};

/** Who is awake, as far as the text shows them. */
export type WhoResult = {
  /** How many there are, of those who were asked for. */
  count: number;
  kind: "who";
  /** The name after which the next page begins; absent on the last. */
  next?: string;
  /** The first of them by name. */
  players: AwakePlayer[];
};

/** The world from outside. */
export type WorldSummary = {
  guests: boolean;
  /** Whether registering needs an invite code. */
  invites: boolean;
  name: string;
  players_online: number;
  registration: boolean;
  tagline: string;
  time: string;
};
